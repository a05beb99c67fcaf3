"""A database that is out of reach at one moment: at the first, the second, the third … thing that is asked of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

import service.app
from service.errors import Unavailable
from service.model import Clock
from service.settings import Settings
from service.store.database import Database, Insertion, Parameters, Reader, Row, Statement, Transaction
from tests.conftest import Live, running

COMMITTED = "committed"


class Moments:
    """Counts what is asked, and fails at one of them; 0 is none."""

    def __init__(self) -> None:
        self.fatal = 0
        self.passed: list[str] = []
        self.hit: str | None = None

    def choose(self, fatal: int) -> None:
        self.fatal, self.passed, self.hit = fatal, [], None

    def passes(self, what: str) -> None:
        self.passed.append(what)
        if len(self.passed) == self.fatal:
            self.hit = what
            raise Unavailable(f"out of reach: {what}")


class _Asked:
    """What answers questions, and may be out of reach."""

    def __init__(self, inner: Reader, moments: Moments) -> None:
        self._asked = inner
        self.moments = moments

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        self.moments.passes(sql)
        return await self._asked.all(sql, **parameters)

    async def one(self, sql: str, **parameters: object) -> Row | None:
        self.moments.passes(sql)
        return await self._asked.one(sql, **parameters)


class _Writing(_Asked):
    """A transaction of which each statement may fail."""

    def __init__(self, inner: Transaction, moments: Moments) -> None:
        super().__init__(inner, moments)
        self._inner = inner

    async def run(self, sql: str, **parameters: object) -> int:
        self.moments.passes(sql)
        return await self._inner.run(sql, **parameters)

    async def many(self, sql: str, parameters: Sequence[Parameters]) -> None:
        self.moments.passes(sql)
        await self._inner.many(sql, parameters)

    async def script(self, sql: str) -> None:
        self.moments.passes(sql)
        await self._inner.script(sql)


class Failing(_Asked):
    """The database of a service, and the loop in which it may be asked."""

    def __init__(self, inner: Database) -> None:
        super().__init__(inner, Moments())
        self.inner = inner
        self.loop = asyncio.get_running_loop()
        self.engine = inner.engine

    # Read by the service again and again, so they are the inner one's at each moment.
    generation = property(lambda self: self.inner.generation)
    shown = property(lambda self: self.inner.shown)
    failing = property(lambda self: self.inner.failing)

    @property
    def quick(self) -> Reader:
        return _Asked(self.inner.quick, self.moments)

    async def write(self, *statements: Statement | Insertion, shown: bool = False) -> bool:
        self.moments.passes(statements[0].sql)
        touched = await self.inner.write(*statements, shown=shown)
        self.moments.passes(COMMITTED)
        return touched

    def json_rows(self, columns: Sequence[str], select: str) -> str:
        return self.inner.json_rows(columns, select)

    @asynccontextmanager
    async def transaction(self, about: str = "") -> AsyncIterator[Transaction]:
        self.moments.passes("begin")
        async with self.inner.transaction(about) as tx:
            yield _Writing(tx, self.moments)
            self.moments.passes("commit")
        self.moments.passes(COMMITTED)

    async def close(self) -> None:
        await self.inner.close()

    def state(self, tables: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
        """Return all that some tables hold."""

        async def look() -> dict[str, list[tuple[Any, ...]]]:
            return {
                table: sorted(map(tuple, await self.inner.all(f"select * from {table}")), key=repr) for table in tables
            }

        return asyncio.run_coroutine_threadsafe(look(), self.loop).result(20)


@contextmanager
def running_on_failing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Live, Failing]]:
    """Run the service on a database that can be made to fail."""
    made: list[Failing] = []
    open_database = service.app.open_database

    async def opened(given: Settings, now: Clock) -> Database:
        made.append(Failing(await open_database(given, now)))
        return made[0]

    monkeypatch.setattr(service.app, "open_database", opened)
    for live in running(settings):
        yield live, made[0]
