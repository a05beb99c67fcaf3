"""Several instances start at one moment: one of them brings the database to its shape, the others wait, all come up."""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from service import clock
from service.app import connect
from service.store.database import Database
from service.store.migrate import Step, migrate, missing, steps
from tests.conftest import settings_in, wait_for
from tests.ports import free_port
from tests.test_cli import Terminal

TOGETHER = 4


def at_once(folder: Path, address: str, wanted: list[Step]) -> list[str]:
    """Migrate from several instances at one moment; return the steps applied, by whichever instance."""
    together = threading.Barrier(TOGETHER)

    async def work() -> list[str]:
        database = await connect(settings_in(folder, database=address))
        try:
            together.wait(20)
            return await migrate(database, clock.now, wanted)
        finally:
            await database.close()

    with ThreadPoolExecutor(TOGETHER) as pool:
        return sorted(name for applied in pool.map(lambda _: asyncio.run(work()), range(TOGETHER)) for name in applied)


async def look(folder: Path, address: str) -> list[str]:
    database: Database = await connect(settings_in(folder, database=address))
    try:
        return await missing(database)
    finally:
        await database.close()


@pytest.mark.parametrize("old", [False, True], ids=["empty", "old"])
def test_each_step_is_applied_once_by_instances_that_start_together(tmp_path: Path, address: str, old: bool) -> None:
    wanted = steps()
    before = wanted[: len(wanted) // 2] if old else []
    assert at_once(tmp_path, address, before) == [step.name for step in before]
    assert asyncio.run(look(tmp_path, address)) == [step.name for step in wanted[len(before) :]]
    assert at_once(tmp_path, address, wanted) == [step.name for step in wanted[len(before) :]]
    assert asyncio.run(look(tmp_path, address)) == []


def test_who_comes_while_a_long_step_is_applied_waits_for_it(tmp_path: Path, address: str) -> None:
    if not address.startswith("postgresql"):
        pytest.skip("SQLite has no statement that waits")
    slow = Step(1, "0001_slow", "select pg_sleep(1); create table slow (id integer);")
    assert at_once(tmp_path, address, [slow]) == ["0001_slow"]


def test_instances_that_are_started_at_one_moment_all_serve(tmp_path: Path, address: str) -> None:
    ports = [free_port() for _ in range(2)]
    terminal = Terminal(tmp_path)
    terminal.environment |= {"GATEPOST_DATABASE": address, "GATEPOST_SECRET": "a secret of the tests"}
    words = [sys.executable, "-m", "service.cli", "serve", "--port"]
    started = [
        subprocess.Popen(
            [*words, str(port)],
            cwd=tmp_path,
            env=terminal.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for port in ports
    ]

    def ready(number: int) -> bool:
        assert started[number].poll() is None, "it ended instead"
        try:
            return httpx2.get(f"http://127.0.0.1:{ports[number]}/readyz", trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    try:
        for number in range(len(ports)):
            wait_for(lambda number=number: ready(number))  # type: ignore[misc]
    finally:
        for process in started:
            process.terminate()
            process.wait(30)
