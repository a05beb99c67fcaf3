"""The embedded database: one file, one writer, several readers, and every commit on disk before it is believed.

`synchronous=FULL` costs 0.5 ms a commit where NORMAL costs 0.07 ms, and is what makes "posted" true after a power cut.
A transaction that reads before it writes fails at once unless it began as a writer, so all begin with BEGIN IMMEDIATE.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import cast

import aiosqlite

from service.errors import BadSettings, Unavailable
from service.store.database import Insertion, Parameters, Reader, Row, Statement, Transaction
from service.store.file import Place, code, faults, require_ours
from service.store.group import Group, GroupWriter, Unclear, as_one, keep_in_turn, only_rows, which_are_kept

BUSY_TIMEOUT_MS = 5_000
# In seconds: how often it is asked whether another process has written. What one of them does is seen here so soon.
LOOK_EVERY = 0.1
READERS = 2
# For what is asked all the time: the threads and the upper levels of the indexes of a million comments.
QUICK_CACHE_KIB = 8_000
# Statements that are kept ready: the largest has as many rows as a group.
PREPARED = 256

_WRITER = f"""
    pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = {BUSY_TIMEOUT_MS};
    pragma foreign_keys = on; pragma wal_autocheckpoint = 1000"""
_READER = "pragma query_only = on; pragma busy_timeout = {wait}; pragma trusted_schema = off"

# Fails where nothing can be written; a transaction alone begins on a read-only disk, too.
_PROOF = "pragma journal_mode = wal; begin immediate; pragma user_version = 0; rollback"


class _Session:
    """One connection, spoken to in the words of `database.Transaction`."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self.connection = connection

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        with faults():
            return cast(Sequence[Row], await self.connection.execute_fetchall(sql, parameters))

    async def one(self, sql: str, **parameters: object) -> Row | None:
        rows = await self.all(sql, **parameters)
        return rows[0] if rows else None

    async def run(self, sql: str, **parameters: object) -> int:
        # Its cursor is let go and not closed: it holds nothing any more, and closing is one more hand-over.
        with faults():
            return (await self.connection.execute(sql, parameters)).rowcount

    async def many(self, sql: str, parameters: Sequence[Parameters]) -> None:
        await self.touched(sql, parameters)

    async def touched(self, sql: str, parameters: Sequence[Parameters]) -> int:
        """Run one statement once for each set of parameters; return how many rows they touched."""
        with faults():
            return (await self.connection.executemany(sql, parameters)).rowcount

    async def insert(self, rows: Sequence[Insertion]) -> int:
        """Keep rows of the same words with one statement, and return how many of them were new.

        So the interpreter's lock is let go and taken once for all of them, while readers are answered.
        """
        sql, values = as_one(rows)
        with faults():
            return (await self.connection.execute(sql, values)).rowcount

    async def script(self, sql: str) -> None:
        for statement in _statements(sql):
            await self.run(statement)


class _Quick:
    """A connection that answers in the thread of whoever asks; where it would have to wait, another answers."""

    def __init__(self, connection: sqlite3.Connection, patient: Reader) -> None:
        self.connection = connection
        self._patient = patient

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        with faults():
            try:
                return cast(Sequence[Row], self.connection.execute(sql, parameters).fetchall())
            except sqlite3.OperationalError as error:
                if code(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise
        return await self._patient.all(sql, **parameters)

    async def one(self, sql: str, **parameters: object) -> Row | None:
        rows = await self.all(sql, **parameters)
        return rows[0] if rows else None


class SqliteDatabase:
    """A SQLite file behind aiosqlite; `await SqliteDatabase.open(path)` makes one."""

    engine = "sqlite"

    def __init__(
        self,
        place: Place,
        writer: aiosqlite.Connection,
        readers: Sequence[aiosqlite.Connection],
        quick: sqlite3.Connection,
    ) -> None:
        self._place = place
        self._writer = _Session(writer)
        self._readers = [_Session(reader) for reader in readers]
        self._quick = _Quick(quick, self)
        self._next_reader = cycle(self._readers)
        self._writing = asyncio.Lock()
        self._group = GroupWriter(self._keep)
        self.generation = self.shown = 0
        self._watching = asyncio.create_task(self._watch())

    @classmethod
    async def open(cls, path: Path, readers: int = READERS) -> "SqliteDatabase":
        """Open the file, making it if needed. Raises BadSettings when it is not ours, or cannot be made or written."""
        require_ours(path)
        opened: list[aiosqlite.Connection] = []
        # The first, because it fails without leaving a thread behind.
        quick = None
        try:
            quick = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1_000)
            quick.row_factory = sqlite3.Row
            quick.executescript(f"{_PROOF}; {_READER.format(wait=0)}; pragma cache_size = -{QUICK_CACHE_KIB}")
            for pragmas in [_WRITER, *[_READER.format(wait=BUSY_TIMEOUT_MS)] * readers]:
                connection = await aiosqlite.connect(path, isolation_level=None, cached_statements=PREPARED)
                opened.append(connection)
                connection.row_factory = sqlite3.Row
                # SQLite's own knows ASCII alone, and "ÄRZTIN" should be found by "ärztin".
                await connection.create_function("lower", 1, _lower, deterministic=True)
                await (await connection.executescript(pragmas)).close()
            # Where there is no log, its file system cannot share memory, as most that are on a network.
            place = Place(path)
        except (sqlite3.Error, OSError) as error:
            for connection in opened:
                await connection.close()
            if quick:
                quick.close()
            raise BadSettings(
                f"GATEPOST_DATABASE: cannot write {path} ({error}); check that the folder exists, "
                "that this user may write in it, and that the disk is neither full nor read-only nor on a network"
            ) from error
        return cls(place, opened[0], opened[1:], quick)

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        """Ask one of the readers."""
        return await next(self._next_reader).all(sql, **parameters)

    async def one(self, sql: str, **parameters: object) -> Row | None:
        """Ask one of the readers for the first row."""
        return await next(self._next_reader).one(sql, **parameters)

    @property
    def failing(self) -> bool:
        """Whether what was written last could not be kept."""
        return self._group.failing

    @property
    def quick(self) -> Reader:
        """The way to ask for a few rows by an index, in the thread of whoever asks."""
        return self._quick

    async def write(self, *statements: Statement | Insertion, shown: bool = False) -> bool:
        """Keep some statements together, in one commit with whatever else waits."""
        touched = await self._group.write(statements)
        self.shown += shown
        return touched

    def json_rows(self, columns: Sequence[str], select: str) -> str:
        """Return SQL for one value that holds the rows of a query; one row, because each is a hand-over of the GIL."""
        return f"(select json_group_array(json_array({', '.join(columns)})) from ({select}))"

    @asynccontextmanager
    async def transaction(self, about: str = "") -> AsyncIterator[Transaction]:
        """Be the one writer, whatever it is about.

        A cancelled caller is rolled back, unless its COMMIT is already on the way.
        """
        try:
            async with self._alone() as writer:
                yield writer
        finally:
            self._changed()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[_Session]:
        async with self._writing:
            try:
                await self._writer.run("begin immediate")
                yield self._writer
                self._place.require_unmoved()
                await asyncio.shield(self._writer.run("commit"))
            except BaseException:
                await asyncio.shield(self._roll_back())
                raise

    async def _keep(self, group: Group) -> Sequence[bool] | None:
        """Keep a group in one transaction; None, with nothing kept, if it cannot be told which of them were new."""
        if rows := only_rows(group):
            # A statement that is its own transaction: one hand-over to the other thread instead of three.
            async with self._writing:
                self._place.require_unmoved()
                new = await self._writer.insert(rows)
            return await which_are_kept(self, rows, new)
        try:
            async with self._alone() as writer:
                return await keep_in_turn(writer, group)
        except Unclear:
            return None

    async def _watch(self) -> None:
        """Notice what other processes write: the number changes for their commits, and not for the writer's own."""
        seen = None
        while True:
            with suppress(Unavailable):
                (row,) = await self._writer.all("pragma data_version")
                if seen not in (None, row["data_version"]):
                    self._changed()
                seen = row["data_version"]
            await asyncio.sleep(LOOK_EVERY)

    def _changed(self) -> None:
        self.generation += 1
        self.shown += 1

    async def _roll_back(self) -> None:
        # A cancelled await does not stop its statement: the transaction may never have begun, or be committed already.
        with suppress(sqlite3.OperationalError, Unavailable):
            await self._writer.run("rollback")

    async def close(self) -> None:
        """Finish what is under way and close every connection."""
        await self._group.close()
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        async with self._writing:
            self._quick.connection.close()
            for session in [*self._readers, self._writer]:
                await session.connection.close()


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
