"""The embedded database: one writer, honest transactions, and a shape that is only ever made once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service import clock
from service.errors import BadSettings, Unavailable
from service.store.migrate import SCHEMA, Step, migrate, missing, steps
from service.store.sqlite import SqliteDatabase

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await SqliteDatabase.open(tmp_path / "test.db")
    async with opened.transaction() as tx:
        await tx.run("create table note (id integer primary key, text text not null) strict")
    yield opened
    await opened.close()


async def notes(database: SqliteDatabase) -> list[str]:
    return [row["text"] for row in await database.all("select text from note order by id")]


async def test_a_block_that_raises_keeps_nothing(database: SqliteDatabase) -> None:
    with pytest.raises(ValueError, match="changed my mind"):
        async with database.transaction() as tx:
            await tx.run("insert into note (text) values (:text)", text="lost")
            raise ValueError("changed my mind")
    async with database.transaction() as tx:
        await tx.run("insert into note (text) values (:text)", text="kept")
    assert await notes(database) == ["kept"]


async def test_a_cancelled_writer_leaves_the_way_free(database: SqliteDatabase) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as tx:
            await tx.run("insert into note (text) values ('half')")
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.transaction() as tx:
        await tx.run("insert into note (text) values ('whole')")
    assert await notes(database) == ["whole"]


async def test_writers_take_turns(database: SqliteDatabase) -> None:
    async def add(number: int) -> None:
        async with database.transaction() as tx:
            row = await tx.one("select count(*) as n from note")
            assert row is not None
            await asyncio.sleep(0)
            await tx.run("insert into note (id, text) values (:id, :text)", id=row["n"] + 1, text=str(number))

    await asyncio.gather(*(add(n) for n in range(20)))
    assert len(await notes(database)) == 20


async def test_readers_cannot_write(database: SqliteDatabase) -> None:
    with pytest.raises(Unavailable):
        await database.all("insert into note (text) values ('sly')")


async def test_every_commit_is_on_disk_before_it_is_believed(database: SqliteDatabase) -> None:
    async with database.transaction() as tx:
        mode, sync = await tx.one("pragma journal_mode"), await tx.one("pragma synchronous")
    assert mode is not None and mode["journal_mode"] == "wal"
    assert sync is not None and sync["synchronous"] == 2


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 100)
    with pytest.raises(BadSettings, match=r"letter\.txt"):
        await SqliteDatabase.open(path)
    assert path.read_text() == "Dear reader, " * 100


async def test_each_step_is_applied_once_and_in_order(database: SqliteDatabase) -> None:
    assert await migrate(database, clock.now) == [step.name for step in steps()]
    assert await migrate(database, clock.now) == []
    assert await missing(database) == []


async def test_a_step_that_fails_leaves_nothing_behind(database: SqliteDatabase) -> None:
    good = Step(1, "0001_good", "create table good (id integer) strict;")
    bad = Step(2, "0002_bad", "create table half (id integer) strict;\ninsert into nowhere values (1);")
    with pytest.raises(sqlite3.OperationalError):
        await migrate(database, clock.now, [good, bad])
    tables = {row["name"] for row in await database.all("select name from sqlite_master where type = 'table'")}
    assert "good" in tables
    assert "half" not in tables
    assert await migrate(database, clock.now, [good]) == []


async def test_a_database_of_a_newer_version_is_refused(database: SqliteDatabase) -> None:
    future = Step(9_999, "9999_future", "create table future (id integer) strict;")
    await migrate(database, clock.now, [*steps(), future])
    with pytest.raises(BadSettings, match="9999_future"):
        await migrate(database, clock.now)


async def test_a_step_that_was_changed_afterwards_is_refused(database: SqliteDatabase) -> None:
    await migrate(database, clock.now, [Step(1, "0001_a", "create table a (id integer) strict;")])
    with pytest.raises(BadSettings, match="0001_a"):
        await migrate(database, clock.now, [Step(1, "0001_a", "create table a (id text) strict;")])


async def test_two_processes_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    first = await SqliteDatabase.open(tmp_path / "shared.db")
    second = await SqliteDatabase.open(tmp_path / "shared.db")
    applied = await asyncio.gather(migrate(first, clock.now), migrate(second, clock.now))
    assert sorted(applied[0] + applied[1]) == [step.name for step in steps()]
    await first.close()
    await second.close()


async def test_every_table_is_strict() -> None:
    for step in steps(SCHEMA):
        assert step.sql.count("create table") == step.sql.count(") strict;"), step.name
