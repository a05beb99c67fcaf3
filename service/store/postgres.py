"""PostgreSQL, when one machine is outgrown: the same SQL, a pool of connections, and as many instances as are needed.

What the others do is heard by LISTEN/NOTIFY. That a notice arrives is tried every second; where it does not, as after a
lost connection, caches look again every second instead. Behind a PgBouncer that pools transactions nobody listens: it
would hand our own notices back to us, and drop those of the others.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TypeVar, cast
from uuid import uuid4

import asyncpg
import structlog
from asyncpg import exceptions

from service.errors import BadSettings
from service.store.database import Insertion, Parameters, Reader, Row, Statement, Transaction
from service.store.group import Group, GroupWriter, Unclear, as_one, keep_in_turn, only_rows, which_are_kept
from service.store.servers import LOST, TOO_LATE, WANTED, OnlyStandby, Servers, faults

T = TypeVar("T")
log = structlog.get_logger("gatepost")

CONNECTIONS_MAX = 10
# In seconds: for a free connection; for the answer to a question, to a statement that writes, and to one that changes
# the schema. A machine that is lost without a word is noticed by them.
WAIT_MAX, ASK_MAX, WRITE_MAX, MIGRATION_MAX = 5, 10, 30, 3_600
# How often it is tried whether notices arrive, and how soon they must.
PROBE_EVERY = 1.0
CHANNEL = "gatepost"

_NAMED = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")


@lru_cache(maxsize=512)
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return SQL with `$1`, `$2` in place of `:name`, and the names in that order."""
    names: dict[str, int] = {}
    text = _NAMED.sub(lambda match: f"${names.setdefault(match[1], len(names) + 1)}", sql)
    return text, tuple(names)


class _Session:
    """One connection, spoken to in the words of `database.Transaction`."""

    def __init__(self, connection: asyncpg.Connection, patience: float = WRITE_MAX) -> None:
        self.connection = connection
        self._patience = patience

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        text, names = numbered(sql)
        found = await self.connection.fetch(text, *(parameters[name] for name in names), timeout=self._patience)
        return cast(Sequence[Row], found)

    async def one(self, sql: str, **parameters: object) -> Row | None:
        rows = await self.all(sql, **parameters)
        return rows[0] if rows else None

    async def run(self, sql: str, **parameters: object) -> int:
        text, names = numbered(sql)
        said = await self.connection.execute(text, *(parameters[name] for name in names))
        count = said.rpartition(" ")[2]  # `INSERT 0 1`, `UPDATE 3`, `CREATE TABLE`
        return int(count) if count.isdigit() else 0

    async def many(self, sql: str, parameters: Sequence[Parameters]) -> None:
        text, names = numbered(sql)
        await self.connection.executemany(text, [[one[name] for name in names] for one in parameters])

    async def touched(self, sql: str, parameters: Sequence[Parameters]) -> int:
        """Run one statement once for each set of parameters; return how many rows they touched."""
        returning = "" if sql.startswith("select") else " returning 1"
        text, names = numbered(f"{sql}{returning}")
        return len(await self.connection.fetchmany(text, [[one[name] for name in names] for one in parameters]))

    async def insert(self, rows: Sequence[Insertion]) -> int:
        """Keep rows of the same words with one statement, and return how many of them were new."""
        text, values = as_one(rows, numbered=True)
        return len(await self.connection.fetch(f"{text} returning 1", *values))

    async def script(self, sql: str) -> None:
        # A server's own limit for a statement is meant for those who wait for an answer.
        await self.connection.execute(f"set local statement_timeout = 0; {sql}", timeout=MIGRATION_MAX)


class PostgresDatabase:
    """A PostgreSQL server behind asyncpg; `await PostgresDatabase.open(url)` makes one."""

    engine = "postgresql"

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", servers: Servers) -> None:
        self._pool = pool
        self._servers = servers
        self._name = uuid4().hex
        self._heard = asyncio.Event()
        self._group = GroupWriter(self._keep)
        self.generation = self.shown = 0
        self._watching = asyncio.create_task(self._watch())

    @classmethod
    async def open(cls, url: str) -> "PostgresDatabase":
        """Connect to a server. Raises BadSettings when it cannot be reached, or refuses."""
        servers = Servers(url)
        try:
            await servers.look()
            pool = await servers.pool(CONNECTIONS_MAX, WRITE_MAX)
        except OnlyStandby as error:
            raise BadSettings(
                "GATEPOST_DATABASE: only a standby answers, and it cannot be written to; name the primary too, "
                f"or add ?{WANTED}=any to serve readers alone"
            ) from error
        except (OSError, ValueError, exceptions.PostgresError, exceptions.InterfaceError) as error:
            raise BadSettings(
                f"GATEPOST_DATABASE: the PostgreSQL server cannot be used ({str(error) or type(error).__name__}). "
                "Check that it runs, and the name, password and database in the address"
            ) from error
        return cls(pool, servers)

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        """Ask over any connection."""
        return await self._ask(lambda session: session.all(sql, **parameters))

    async def one(self, sql: str, **parameters: object) -> Row | None:
        """Ask over any connection for the first row."""
        return await self._ask(lambda session: session.one(sql, **parameters))

    async def _ask(self, question: Callable[[_Session], Awaitable[T]]) -> T:
        """Ask, and once more over another connection: after a restart of the server every old one fails once."""
        with faults():
            try:
                async with self._connected() as connection:
                    return await question(_Session(connection, ASK_MAX))
            except TOO_LATE:
                raise
            except LOST:
                await self._pool.expire_connections()
                async with self._connected() as connection:
                    return await question(_Session(connection, ASK_MAX))

    @property
    def failing(self) -> bool:
        """Whether what was written last could not be kept."""
        return self._group.failing

    @property
    def quick(self) -> Reader:
        """The way to ask for a few rows: like any other, since no other thread is in between."""
        return self

    async def write(self, *statements: Statement | Insertion, shown: bool = False) -> bool:
        """Keep some statements together, in one commit with whatever else waits."""
        if shown:
            statements = (*statements, Statement("select pg_notify(:channel, :name)", self._notice))
        touched = await self._group.write(statements)
        self.shown += shown
        return touched

    def json_rows(self, columns: Sequence[str], select: str) -> str:
        """Return SQL for one value that holds the rows of a query, as a JSON array of arrays."""
        return (
            f"(select cast(coalesce(json_agg(json_build_array({', '.join(columns)})), '[]') as text) "
            f"from ({select}) as found)"
        )

    @asynccontextmanager
    async def transaction(self, about: str = "") -> AsyncIterator[Transaction]:
        """Be the one writer about something, such as a site, on all instances."""
        try:
            async with self._alone() as session:
                await session.all(
                    "select pg_advisory_xact_lock(hashtextextended(:about, 0))", about=f"gatepost {about}"
                )
                yield session
                await session.all("select pg_notify(:channel, :name)", **self._notice)
        finally:
            self._changed()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[_Session]:
        with faults():
            async with self._connected() as connection, connection.transaction():
                yield _Session(connection)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncpg.Connection]:
        async with self._pool.acquire(timeout=WAIT_MAX) as connection:
            try:
                yield connection
            except AttributeError as error:
                # Between two steps asyncpg does not look whether it still has a connection.
                if connection.is_closed():
                    raise ConnectionError("the connection was lost") from error
                raise

    async def _keep(self, group: Group) -> Sequence[bool] | None:
        """Keep a group in one transaction; None, with nothing kept, if it cannot be told which of them were new."""
        if rows := only_rows(group):
            with faults():
                async with self._connected() as connection:
                    new = await _Session(connection).insert(rows)
            return await which_are_kept(self, rows, new)
        try:
            async with self._alone() as session:
                return await keep_in_turn(session, group)
        except Unclear:
            return None

    @property
    def _notice(self) -> Parameters:
        return {"channel": CHANNEL, "name": self._name}

    async def _watch(self) -> None:
        while True:
            # Whatever was told while nobody listened was missed.
            self._changed()
            if self._servers.pooled:
                await asyncio.sleep(PROBE_EVERY)
                continue
            try:
                connection = await self._servers.connect(statement_cache_size=0)
                self._servers.leave_others()
            except Exception as error:  # whatever it is, we try again as long as we live
                log.warning("no notices from the database", why=str(error))
                await asyncio.sleep(PROBE_EVERY)
                continue
            try:
                await connection.add_listener(CHANNEL, self._told)
                await self._probe(connection)
            except Exception as error:
                log.warning("no notices from the database", why=str(error))
            finally:
                connection.terminate()

    async def _probe(self, connection: asyncpg.Connection) -> None:
        """Try again and again whether notices arrive."""
        while True:
            self._heard.clear()
            await connection.execute(f"notify {CHANNEL}, 'probe {self._name}'", timeout=PROBE_EVERY)
            try:
                async with asyncio.timeout(PROBE_EVERY):
                    await self._heard.wait()
            except TimeoutError:
                self._changed()
            else:
                await asyncio.sleep(PROBE_EVERY)

    def _told(self, _connection: object, _pid: int, _channel: str, who: object) -> None:
        if who == f"probe {self._name}":
            self._heard.set()
        elif who != self._name and not str(who).startswith("probe"):
            self._changed()

    def _changed(self) -> None:
        self.generation += 1
        self.shown += 1

    async def close(self) -> None:
        """Finish what is under way and give back every connection."""
        await self._group.close()
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        try:
            async with asyncio.timeout(WAIT_MAX):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()
