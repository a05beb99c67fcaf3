"""PostgreSQL, when one machine is outgrown: the same SQL, a pool of connections, and as many instances as are needed.

What the others do is heard by LISTEN/NOTIFY. That a notice arrives is tried every second; where it does not, behind a
PgBouncer that pools transactions or after a lost connection, caches look again every second instead.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import TypeVar, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import structlog
from asyncpg import exceptions

from service.errors import BadSettings, Unavailable
from service.store.database import Parameters, Row, Statement, Transaction
from service.store.group import Group, GroupWriter

T = TypeVar("T")
log = structlog.get_logger("gatepost")

CONNECTIONS_MAX = 10
# In seconds: for a free connection, and for an answer.
WAIT_MAX, ANSWER_MAX = 5, 30
# How often it is tried whether notices arrive, and how soon they must.
PROBE_EVERY = 1.0
CHANNEL = "gatepost"
# In the address: `?pgbouncer=true` says that statements must not be prepared by name.
POOLED = "pgbouncer"

_NAMED = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")
_LOST = (
    OSError,
    exceptions.PostgresConnectionError,
    exceptions.OperatorInterventionError,
    exceptions.InterfaceError,
    exceptions.InternalClientError,  # a connection that breaks while it is handed back
)
# What the world may do to a database; anything else is a mistake of ours and must not be hidden.
_OUTSIDE_FAULTS = (
    *_LOST,
    TimeoutError,
    exceptions.InsufficientResourcesError,
    exceptions.ReadOnlySQLTransactionError,
    exceptions.DeadlockDetectedError,
    exceptions.LockNotAvailableError,
)


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except _OUTSIDE_FAULTS as error:
        raise Unavailable(f"the database cannot be used just now ({error or type(error).__name__})") from error


@lru_cache(maxsize=512)
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return SQL with `$1`, `$2` in place of `:name`, and the names in that order."""
    names: dict[str, int] = {}
    text = _NAMED.sub(lambda match: f"${names.setdefault(match[1], len(names) + 1)}", sql)
    return text, tuple(names)


_TURN = "select pg_advisory_xact_lock(hashtextextended(:about, 0))"


class _Session:
    """One connection, spoken to in the words of `database.Transaction`."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        text, names = numbered(sql)
        return cast(Sequence[Row], await self.connection.fetch(text, *(parameters[name] for name in names)))

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
        text, names = numbered(f"{sql} returning 1")
        return len(await self.connection.fetchmany(text, [[one[name] for name in names] for one in parameters]))

    async def script(self, sql: str) -> None:
        await self.connection.execute(sql)


class PostgresDatabase:
    """A PostgreSQL server behind asyncpg; `await PostgresDatabase.open(url)` makes one."""

    engine = "postgresql"

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", listen: Callable[[], Awaitable[asyncpg.Connection]]
    ) -> None:
        self._pool = pool
        self._listen = listen
        self._name = uuid4().hex
        self._heard = asyncio.Event()
        self._group = GroupWriter(self._keep)
        self.generation = 0
        self._watching = asyncio.create_task(self._watch())

    @classmethod
    async def open(cls, url: str) -> "PostgresDatabase":
        """Connect to a server. Raises BadSettings when it cannot be reached, or refuses."""
        address, pooled = _address(url)
        cached = {"statement_cache_size": 0} if pooled else {}

        async def listen() -> asyncpg.Connection:
            return await asyncpg.connect(address, timeout=WAIT_MAX, statement_cache_size=0)

        try:
            pool = await asyncpg.create_pool(
                address,
                min_size=0,  # with a floor it logs 60 lines of traceback a second while the server is away
                max_size=CONNECTIONS_MAX,
                timeout=WAIT_MAX,
                command_timeout=ANSWER_MAX,
                server_settings={"application_name": "gatepost"},
                **cached,
            )
            async with pool.acquire(timeout=WAIT_MAX):
                pass
        except (OSError, TimeoutError, ValueError, exceptions.PostgresError, exceptions.InterfaceError) as error:
            raise BadSettings(
                f"GATEPOST_DATABASE: the PostgreSQL server cannot be used ({error or type(error).__name__}). "
                "Check that it runs, and the name, password and database in the address"
            ) from error
        return cls(pool, listen)

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        """Ask over any connection."""
        return await self._ask(lambda session: session.all(sql, **parameters))

    async def one(self, sql: str, **parameters: object) -> Row | None:
        """Ask over any connection for the first row."""
        return await self._ask(lambda session: session.one(sql, **parameters))

    async def _ask(self, question: Callable[[_Session], Awaitable[T]]) -> T:
        """Ask, and once more over another connection: after a restart of the server every old one fails once."""
        with _faults():
            try:
                async with self._pool.acquire(timeout=WAIT_MAX) as connection:
                    return await question(_Session(connection))
            except _LOST:
                await self._pool.expire_connections()
                async with self._pool.acquire(timeout=WAIT_MAX) as connection:
                    return await question(_Session(connection))

    async def write(self, *statements: Statement, shown: bool = False) -> bool:
        """Keep some statements together, in one commit with whatever else waits."""
        if shown:
            statements = (*statements, Statement("select pg_notify(:channel, :name)", self._notice))
        touched = await self._group.write(statements)
        self.generation += shown
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
            self.generation += 1

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[_Session]:
        with _faults():
            async with self._pool.acquire(timeout=WAIT_MAX) as connection, connection.transaction():
                yield _Session(connection)

    async def _keep(self, group: Group) -> Sequence[bool] | None:
        """Keep a group in one transaction; None, with nothing kept, if it cannot be told which of them were new."""
        try:
            async with self._alone() as session:
                for place in range(max(map(len, group))):
                    by_sql: dict[str, list[Parameters]] = {}
                    for statements in group:
                        if place < len(statements):
                            by_sql.setdefault(statements[place].sql, []).append(statements[place].parameters)
                    for sql, parameters in by_sql.items():
                        if place:
                            await session.many(sql, parameters)
                        elif await session.touched(sql, parameters) != len(parameters):
                            if len(group) == 1:
                                return [False]
                            raise _Unclear
        except _Unclear:
            return None
        return [True] * len(group)

    @property
    def _notice(self) -> Parameters:
        return {"channel": CHANNEL, "name": self._name}

    async def _watch(self) -> None:
        while True:
            # Whatever was told while nobody listened was missed.
            self.generation += 1
            try:
                connection = await self._listen()
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
                self.generation += 1
            else:
                await asyncio.sleep(PROBE_EVERY)

    def _told(self, _connection: object, _pid: int, _channel: str, who: object) -> None:
        if who == f"probe {self._name}":
            self._heard.set()
        elif who != self._name and not str(who).startswith("probe"):
            self.generation += 1

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


class _Unclear(Exception):
    """Some of the statements touched no row, and it is not known which."""


def _address(url: str) -> tuple[str, bool]:
    """Return the address without our own word in it, and whether a PgBouncer pools transactions."""
    parts = urlsplit(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    query = {name: value for name, value in given if name != POOLED}
    # Of several hosts the one that can be written to.
    query.setdefault("target_session_attrs", "primary")
    return urlunsplit(parts._replace(query=urlencode(query))), (POOLED, "true") in given
