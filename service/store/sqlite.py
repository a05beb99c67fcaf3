"""The embedded database: one file, one writer, several readers, and every commit on disk before it is believed.

`synchronous=FULL` costs 0.5 ms a commit where NORMAL costs 0.07 ms, and is what makes "posted" true after a power cut.
A transaction that reads before it writes fails at once unless it began as a writer, so all begin with BEGIN IMMEDIATE.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import cast

import aiosqlite

from service.errors import BadSettings, Unavailable
from service.store.database import Parameters, Row, Transaction

BUSY_TIMEOUT_MS = 5_000
READERS = 2

_WRITER = f"""
    pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = {BUSY_TIMEOUT_MS};
    pragma foreign_keys = on; pragma trusted_schema = off; pragma wal_autocheckpoint = 1000"""
_READER = f"pragma query_only = on; pragma busy_timeout = {BUSY_TIMEOUT_MS}; pragma trusted_schema = off"

# What the world may do to a database file; anything else is a mistake of ours and must not be hidden.
_OUTSIDE_FAULTS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF in _OUTSIDE_FAULTS:
            raise Unavailable(f"the database cannot be used just now ({error})") from error
        raise


class _Session:
    """One connection, spoken to in the words of `database.Transaction`."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self.connection = connection

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        with _faults():
            return cast(Sequence[Row], await self.connection.execute_fetchall(sql, parameters))

    async def one(self, sql: str, **parameters: object) -> Row | None:
        rows = await self.all(sql, **parameters)
        return rows[0] if rows else None

    async def run(self, sql: str, **parameters: object) -> int:
        with _faults():
            async with self.connection.execute(sql, parameters) as cursor:
                return cursor.rowcount

    async def many(self, sql: str, parameters: Sequence[Parameters]) -> None:
        with _faults():
            await (await self.connection.executemany(sql, parameters)).close()

    async def script(self, sql: str) -> None:
        for statement in _statements(sql):
            await self.run(statement)


class SqliteDatabase:
    """A SQLite file behind aiosqlite; `await SqliteDatabase.open(path)` makes one."""

    engine = "sqlite"

    def __init__(self, writer: aiosqlite.Connection, readers: Sequence[aiosqlite.Connection]) -> None:
        self._writer = _Session(writer)
        self._readers = [_Session(reader) for reader in readers]
        self._next_reader = cycle(self._readers)
        self._writing = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path, readers: int = READERS) -> "SqliteDatabase":
        """Open the file, making it if needed. Raises BadSettings when it cannot be made, read or written."""
        opened: list[aiosqlite.Connection] = []
        try:
            for pragmas in [_WRITER, *[_READER] * readers]:
                connection = await aiosqlite.connect(path, isolation_level=None)
                opened.append(connection)
                connection.row_factory = sqlite3.Row
                # SQLite's own knows ASCII alone, and "ÄRZTIN" should be found by "ärztin".
                await connection.create_function("lower", 1, _lower, deterministic=True)
                await (await connection.executescript(pragmas)).close()
        except sqlite3.Error as error:
            for connection in opened:
                await connection.close()
            raise BadSettings(
                f"GATEPOST_DATABASE: {path} cannot be used ({error}). Check that the folder exists, "
                "that this user may write in it, and that the file is a database of Gatepost"
            ) from error
        return cls(opened[0], opened[1:])

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        """Ask one of the readers."""
        return await next(self._next_reader).all(sql, **parameters)

    async def one(self, sql: str, **parameters: object) -> Row | None:
        """Ask one of the readers for the first row."""
        return await next(self._next_reader).one(sql, **parameters)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Be the one writer. A cancelled caller is rolled back, unless its COMMIT is already on the way."""
        async with self._writing:
            try:
                await self._writer.run("begin immediate")
                yield self._writer
                await asyncio.shield(self._writer.run("commit"))
            except BaseException:
                await asyncio.shield(self._roll_back())
                raise

    async def _roll_back(self) -> None:
        # A cancelled await does not stop its statement: the transaction may never have begun, or be committed already.
        with suppress(sqlite3.OperationalError, Unavailable):
            await self._writer.run("rollback")

    async def close(self) -> None:
        """Finish what is under way and close every connection."""
        async with self._writing:
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
