"""Writes share a commit: each is answered after its own, none is half kept, and the queue does not grow for ever."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.errors import ReadOnly, Unavailable
from service.store.database import Insertion, Statement
from service.store.group import GROUP_MAX, Group, GroupWriter
from service.store.sqlite import SqliteDatabase

pytestmark = pytest.mark.anyio

NOTE = "insert into note (id, key) values (:id, :key) on conflict (key) do nothing"
LOG = "insert into log (note_id) select :id where exists (select 1 from note where id = :id)"


def note(number: int, key: str | None = None) -> tuple[Statement, Statement]:
    return Statement(NOTE, {"id": number, "key": key or str(number)}), Statement(LOG, {"id": number})


def row(number: int, key: str) -> Insertion:
    head, tail = "insert into note (id, key)", "on conflict (key) do nothing"
    return Insertion(head, "(:id, :key)", tail, "select 1 from note where id = :id", {"id": number, "key": key})


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await SqliteDatabase.open(tmp_path / "group.db")
    async with opened.transaction() as tx:
        await tx.script(
            "create table note (id integer primary key, key text not null unique, check (id < 1000)) strict;\n"
            "create table log (note_id integer not null) strict;"
        )
    yield opened
    await opened.close()


async def kept(database: SqliteDatabase) -> list[int]:
    assert await database.all("select id from note order by id") == await database.all(
        "select note_id as id from log order by note_id"
    )
    return [row["id"] for row in await database.all("select id from note order by id")]


class Slow:
    """A database that takes until it is told to; it remembers the groups."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.go = asyncio.Semaphore(0)

    async def keep(self, group: Group) -> list[bool]:
        self.groups.append(group)
        await self.go.acquire()
        return [True] * len(group)


async def test_what_comes_while_a_commit_runs_goes_into_the_next() -> None:
    slow = Slow()
    writer = GroupWriter(slow.keep)
    first = asyncio.create_task(writer.write(note(0)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(writer.write(note(number))) for number in range(1, GROUP_MAX + 11)]
    await asyncio.sleep(0)
    slow.go.release()
    await first
    assert not any(other.done() for other in others), "nobody is answered before their own commit"
    slow.go.release()
    await asyncio.gather(*others[:GROUP_MAX])
    slow.go.release()
    assert all(await asyncio.gather(*others))
    assert list(map(len, slow.groups)) == [1, GROUP_MAX, 10]


async def test_a_hundred_writers_share_few_commits_and_all_is_on_disk(database: SqliteDatabase, tmp_path: Path) -> None:
    statements: list[str] = []
    await database._writer.connection.set_trace_callback(statements.append)
    assert all(await asyncio.gather(*(database.write(*note(number)) for number in range(100))))
    assert 1 <= statements.count("commit") <= 2
    other = sqlite3.connect(tmp_path / "group.db")
    assert other.execute("select count(*) from note").fetchone() == (100,)
    other.close()


async def test_one_key_in_parallel_is_kept_once(database: SqliteDatabase) -> None:
    touched = await asyncio.gather(*(database.write(*note(number, "same")) for number in range(50)))
    assert sum(touched) == 1
    assert await kept(database) == [touched.index(True)]


async def test_rows_of_the_same_words_are_kept_by_one_statement(database: SqliteDatabase) -> None:
    statements: list[str] = []
    await database._writer.connection.set_trace_callback(statements.append)
    keys = ["a", "b", "a", "c", "b", "d"]
    assert await asyncio.gather(*(database.write(row(number, key)) for number, key in enumerate(keys))) == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]
    assert len([said for said in statements if said.startswith("insert")]) <= 2
    assert [row["key"] for row in await database.all("select key from note order by id")] == ["a", "b", "c", "d"]


async def test_a_bad_row_takes_no_other_with_it(database: SqliteDatabase) -> None:
    numbers = [1, 2, 5_000, 3]
    results = await asyncio.gather(*(database.write(row(n, str(n))) for n in numbers), return_exceptions=True)
    assert isinstance(results[2], sqlite3.IntegrityError) and [results[n] for n in (0, 1, 3)] == [True] * 3
    assert [row["id"] for row in await database.all("select id from note order by id")] == [1, 2, 3]


async def test_a_bad_one_takes_no_other_with_it(database: SqliteDatabase) -> None:
    numbers = [1, 2, 5_000, 3]
    results = await asyncio.gather(*(database.write(*note(n)) for n in numbers), return_exceptions=True)
    assert [result if isinstance(result, bool) else type(result) for result in results] == [
        True,
        True,
        sqlite3.IntegrityError,
        True,
    ]
    assert await kept(database) == [1, 2, 3]


async def test_who_is_cancelled_in_the_queue_keeps_nothing_and_during_the_commit_everything() -> None:
    slow = Slow()
    writer = GroupWriter(slow.keep)
    during, waiting, other = (asyncio.create_task(writer.write(note(number))) for number in range(3))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    late = asyncio.create_task(writer.write(note(3)))
    await asyncio.sleep(0)
    during.cancel()
    late.cancel()
    slow.go.release()
    assert all(await asyncio.gather(waiting, other))
    await writer.close()
    assert list(map(len, slow.groups)) == [3], "the one that was cancelled in the queue was not begun"


async def test_too_many_are_sent_away_at_once() -> None:
    slow = Slow()
    writer = GroupWriter(slow.keep, waiting_max=5)
    tasks = [asyncio.create_task(writer.write(note(number))) for number in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await asyncio.gather(*(writer.write(note(number)) for number in range(20)))
    for _ in range(30):
        slow.go.release()
    assert all(await asyncio.gather(*tasks))
    await writer.close()


async def test_a_database_that_is_down_is_tried_once_for_all() -> None:
    tried = 0

    async def keep(_group: Group) -> list[bool]:
        nonlocal tried
        tried += 1
        await asyncio.sleep(0)
        raise Unavailable("the disk is full")

    writer = GroupWriter(keep)
    results = await asyncio.gather(*(writer.write(note(number)) for number in range(20)), return_exceptions=True)
    assert all(isinstance(result, Unavailable) for result in results)
    assert tried == 1


async def test_it_remembers_whether_the_database_could_be_used_last() -> None:
    error: Exception | None = None

    async def keep(group: Group) -> list[bool]:
        if error:
            raise error
        return [True] * len(group)

    writer = GroupWriter(keep)
    expected: list[tuple[Exception | None, bool]] = [
        (None, False),
        (Unavailable("the disk is full"), True),
        (None, False),
        (ReadOnly("a standby, which only serves readers"), False),
        (ValueError("a mistake in what was written"), False),
    ]
    for error, failing in expected:  # noqa: B007 - `keep` looks at it
        await asyncio.gather(writer.write(note(1)), return_exceptions=True)
        assert writer.failing == failing
    await writer.close()


async def test_caches_hear_of_what_is_shown_and_not_of_what_waits(database: SqliteDatabase) -> None:
    def seen() -> tuple[int, int]:
        return database.generation, database.shown

    generation, shown = seen()
    await database.write(*note(1))
    assert seen() == (generation, shown)
    await database.write(*note(2), shown=True)
    assert seen() == (generation, shown + 1)
    async with database.transaction() as tx:
        await tx.run("delete from log")
    assert seen() == (generation + 1, shown + 2)


async def test_caches_hear_of_what_another_process_does(database: SqliteDatabase, tmp_path: Path) -> None:
    await asyncio.sleep(0.2)
    before = database.generation
    await asyncio.sleep(0.3)
    assert database.generation == before, "nothing has happened"
    other = sqlite3.connect(tmp_path / "group.db")
    with other:
        other.execute("insert into note values (1, 'theirs')")
    other.close()
    await asyncio.sleep(0.3)
    assert database.generation == before + 1
