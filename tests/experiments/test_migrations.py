"""A migration that is killed leaves the old shape or the new one, with every comment; two starts at once make one."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from service import clock
from service.store.migrate import migrate, steps
from service.store.sqlite import SqliteDatabase
from tests.conftest import draft, settings_in, wait_for, with_database
from tests.experiments import COMMENTS, LONG, ROUNDS, Served, kept
from tests.test_cli import Terminal

OLD = 2
BODIES = {f"Number {number}." for number in range(20)}
TRIED_IN_THE_SHORT_RUN = 6


def shape(database: Path) -> set[str]:
    """Return everything that a database is made of, in SQL."""
    with closing(sqlite3.connect(database)) as opened:
        assert opened.execute("pragma integrity_check").fetchone() == ("ok",)
        return {f"{name}: {sql}" for name, sql in opened.execute("select name, sql from sqlite_master")}


def applied(database: Path) -> list[int]:
    with closing(sqlite3.connect(database)) as opened:
        return [version for (version,) in opened.execute("select version from schema_migration order by version")]


async def made(database: Path, number: int) -> None:
    opened = await SqliteDatabase.open(database)
    await migrate(opened, clock.now, steps()[:number])
    await opened.close()


@pytest.fixture
async def shapes(tmp_path: Path) -> list[set[str]]:
    """What a database is made of after each number of steps."""
    found = []
    for number in range(len(steps()) + 1):
        await made(tmp_path / f"{number}-steps.db", number)
        found.append(shape(tmp_path / f"{number}-steps.db"))
    return found


@pytest.fixture
async def old(tmp_path: Path) -> Path:
    """A database of an early version, with comments in it."""
    path = tmp_path / "old.db"
    await made(path, OLD)
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("insert into site values ('blog', '[\"https://blog.example\"]', '{}', 1)")
        opened.execute("insert into thread (site, key, count, version) values ('blog', '/post', ?, 1)", [len(BODIES)])
        for number, body in enumerate(sorted(BODIES)):
            opened.execute(
                """insert into comment (site, id, thread, depth, status, author, avatar, body, html, body_hash, hosts,
                       verdict, created_at)
                   values ('blog', :id, '/post', 0, 'approved', 'A reader', '', :body, :body, :id, ' ', '{}', :at)""",
                {"id": f"{number:032}", "body": body, "at": number},
            )
    return path


def killed_before(database: Path, statement: int) -> subprocess.CompletedProcess[str]:
    program = Path(__file__).with_name("migrating.py")
    environment = Terminal(database.parent).environment
    return subprocess.run(
        [sys.executable, program, database, str(statement)], env=environment, capture_output=True, text=True
    )


@pytest.mark.anyio
async def test_a_migration_killed_before_any_statement_is_old_or_new_and_goes_on(
    tmp_path: Path, old: Path, shapes: list[set[str]]
) -> None:
    shutil.copy(old, tmp_path / "whole.db")
    count = int(killed_before(tmp_path / "whole.db", 0).stdout)
    every = range(1, count + 1)
    tried = every if LONG else sorted(random.Random(11).sample(every, TRIED_IN_THE_SHORT_RUN))
    left = []
    for statement in tried:
        database = tmp_path / f"{statement}.db"
        shutil.copy(old, database)
        assert killed_before(database, statement).returncode == -signal.SIGKILL
        versions = applied(database)
        assert versions == list(range(1, len(versions) + 1))
        assert shape(database) == shapes[len(versions)], f"between two steps, before statement {statement}"
        assert set(kept(database)) == BODIES
        left.append(len(versions))
        with_database(settings_in(tmp_path, database=f"sqlite:///{database}"), ready)
        assert shape(database) == shapes[-1]
        assert set(kept(database)) == BODIES
    assert left == sorted(left), "the later it is killed, the more is done"
    done = ", ".join(f"{number} {times} times" for number, times in Counter(left).items())
    print(f"killed before {len(left)} of {count} statements; steps done then: {done}")


async def ready(_database: object) -> None:
    """Opening it is all that is wanted."""


@pytest.mark.anyio
async def test_the_service_starts_on_what_a_killed_migration_left(tmp_path: Path, old: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    database = folder / "gatepost.db"
    shutil.copy(old, database)
    killed_before(database, 9)
    served = Served(folder)
    served.start()
    try:
        with served.client() as client:
            assert client.get(f"{COMMENTS}?thread=/post").json()["thread"]["count"] == len(BODIES)
            assert client.post(COMMENTS, json=draft()).status_code == 202
        assert "the counts of all 1 threads are right" in served.run("doctor")
    finally:
        served.kill()


@pytest.mark.parametrize("_round", range(ROUNDS if LONG else 2))
def test_two_that_start_at_once_on_nothing_both_come_up_and_migrate_once(tmp_path: Path, _round: int) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    both = [Served(folder), Served(folder)]
    try:
        for served in both:
            served.launch()
        for served in both:
            wait_for(served.is_ready)
        both[0].run("site", "add", "blog", "--origin", "https://blog.example")
        for number, served in enumerate(both):
            with served.client() as client:
                answer = client.post(COMMENTS, json=draft(body=f"Number {number}."))
                assert answer.status_code == 202
        assert applied(folder / "gatepost.db") == [step.version for step in steps()]
        assert len(kept(folder / "gatepost.db")) == len(both)
        assert "right" in both[0].run("doctor")
    finally:
        for served in both:
            if served.process and served.process.poll() is None:
                served.kill()
