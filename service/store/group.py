"""Gathers what waits to be kept while a commit is under way, and keeps it in the next: one wait for the disk, for all.

Whoever writes is answered after the commit that holds their statements, and never before. With one commit each a disk
that takes 3 ms lets 230 comments a second through, with groups 3,400.
"""

import asyncio
import itertools
import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from service.errors import ReadOnly, Unavailable
from service.store.database import Insertion, Parameters, Reader, Statement

# More would make the first of them wait for the last.
GROUP_MAX = 100
# Whoever comes when so many wait is told to try again: half a second's work, and about 10 MB.
WAITING_MAX = 2_000

_NAME = re.compile(r":(\w+)")

Group = Sequence[Sequence[Statement | Insertion]]
# Keeps a group in one transaction, and tells of each whether its first statement touched a row; or that it cannot tell,
# and has kept nothing.
Keep = Callable[[Group], Awaitable[Sequence[bool] | None]]


@dataclass(slots=True)
class _Waiting:
    statements: Sequence[Statement | Insertion]
    done: "asyncio.Future[bool]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Unclear(Exception):
    """Some of the statements touched no row, and it is not known which."""


class Session(Protocol):
    """A transaction in which statements are kept."""

    async def touched(self, sql: str, parameters: Sequence[Parameters]) -> int:
        """Run one statement once for each set of parameters; return how many rows they touched."""


async def keep_in_turn(session: Session, group: Group) -> Sequence[bool]:
    """Keep a group: all first statements, then all second ones, those of the same words together.

    Tells of each whether its first touched a row. Raises Unclear if that is not known.
    """
    for place in range(max(map(len, group))):
        by_sql: dict[str, list[Parameters]] = {}
        for statements in group:
            if place < len(statements):
                by_sql.setdefault(statements[place].sql, []).append(statements[place].parameters)
        for sql, parameters in by_sql.items():
            touched = await session.touched(sql, parameters)
            if place == 0 and touched != len(parameters):
                if len(group) == 1:
                    return [False]
                raise Unclear
    return [True] * len(group)


def only_rows(group: Group) -> Sequence[Insertion]:
    """Return the rows of a group that is nothing but rows of the same words; nothing for any other."""
    rows = [statements[0] for statements in group if len(statements) == 1 and isinstance(statements[0], Insertion)]
    return rows if len(rows) == len(group) and len({row.sql for row in rows}) == 1 else []


async def which_are_kept(reader: Reader, rows: Sequence[Insertion], new: int) -> Sequence[bool]:
    """Tell of each row whether it was kept, when so many were new."""
    if new == len(rows):
        return [True] * new
    return [await reader.one(row.proof, **row.parameters) is not None for row in rows]


@lru_cache(maxsize=256)
def _rows(head: str, row: str, tail: str, count: int, numbered: bool) -> tuple[str, Sequence[str]]:
    numbers = itertools.count(1)
    marked = (_NAME.sub(lambda _: f"${next(numbers)}" if numbered else "?", row) for _ in range(count))
    return f"{head} values {', '.join(marked)} {tail}", _NAME.findall(row)


def as_one(rows: Sequence[Insertion], numbered: bool = False) -> tuple[str, list[object]]:
    """Return one statement for many rows of the same words, with `?` or `$1`, `$2` … for the values, and the values."""
    first = rows[0]
    sql, names = _rows(first.head, first.row, first.tail, len(rows), numbered)
    return sql, [row.parameters[name] for row in rows for name in names]


class GroupWriter:
    """The queue in front of the one writer."""

    def __init__(self, keep: Keep, waiting_max: int = WAITING_MAX) -> None:
        self._keep = keep
        self._waiting_max = waiting_max
        self._waiting: deque[_Waiting] = deque()
        # Whether the database could not be used when it was last written to.
        self.failing = False
        self._task: asyncio.Task[None] | None = None

    async def write(self, statements: Sequence[Statement | Insertion]) -> bool:
        """Keep these statements together; True if the first of them touched a row. Durable when it returns.

        Whoever is cancelled before their group began has kept nothing, and afterwards all of it.
        Raises Unavailable when too many wait already, or the database cannot be used.
        """
        if len(self._waiting) >= self._waiting_max:
            raise Unavailable("more comments arrive than can be stored")
        waiting = _Waiting(statements)
        self._waiting.append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await waiting.done

    async def close(self) -> None:
        """Finish what waits."""
        if self._task:
            await self._task

    async def _work(self) -> None:
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(GROUP_MAX, len(self._waiting)))]
            group = [one for one in taken if not one.done.cancelled()]
            if group:
                await self._keep_all(group)

    async def _keep_all(self, group: Sequence[_Waiting]) -> None:
        try:
            touched = await self._keep([one.statements for one in group])
            self.failing = False
        except Exception as error:  # whatever it is, it is told to those who wait for it
            # One that can only be read by somebody's wish is as it should be.
            self.failing = isinstance(error, Unavailable) and not isinstance(error, ReadOnly)
            # What nobody could write cannot be written one by one either, and trying takes a time-out each.
            if len(group) == 1 or isinstance(error, Unavailable):
                for one in group:
                    _settle(one, error)
                return
            touched = None
        if touched is None:
            for one in group:
                await self._keep_all([one])
            return
        for one, result in zip(group, touched, strict=True):
            _settle(one, result)


def _settle(waiting: _Waiting, result: bool | Exception) -> None:
    if waiting.done.done():
        return
    if isinstance(result, Exception):
        waiting.done.set_exception(result)
    else:
        waiting.done.set_result(result)
