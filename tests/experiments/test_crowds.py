"""More is posted at once than can be stored: some are told to come again, nothing of theirs is kept, and it heals."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from service.store.group import Group
from tests.conftest import draft, settings_in, wait_for
from tests.experiments import refused
from tests.experiments.failing import running_on_failing

CROWD = 60
WAITING_MAX = 10


def test_a_crowd_before_a_slow_database_is_told_to_come_again(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_on_failing(settings_in(tmp_path, database=address), monkeypatch) as (live, database):
        group = database.inner._group  # type: ignore[attr-defined]
        group._waiting_max = WAITING_MAX
        keep = group._keep
        go = asyncio.Event()

        async def keep_slowly(taken: Group) -> Sequence[bool] | None:
            await go.wait()
            return await keep(taken)  # type: ignore[no-any-return]

        group._keep = keep_slowly
        answers: dict[str, httpx2.Response] = {}

        def post(number: int) -> None:
            body = f"Number {number}."
            with live.client() as client:
                answers[body] = client.post(f"{live.api}/comments", json=draft(body=body))

        with ThreadPoolExecutor(CROWD) as pool:
            posting = [pool.submit(post, number) for number in range(CROWD)]
            # One group is under way, and at most so many wait; the others are answered while nothing is stored yet.
            wait_for(lambda: len(answers) >= CROWD - 3 * WAITING_MAX)
            assert all(refused(answer) for answer in answers.values())
            with live.client() as client:
                began = time.monotonic()
                assert client.get(f"{live.api}/comments?thread=/post").status_code == 200
                assert time.monotonic() - began < 1, "nobody who reads waits for those who write"
            database.loop.call_soon_threadsafe(go.set)
            for one in posting:
                one.result()
        taken = {body for body, answer in answers.items() if answer.status_code == 202}
        assert len(answers) == CROWD and taken
        assert all(refused(answer) for body, answer in answers.items() if body not in taken)

        def stored() -> list[str]:
            rows = asyncio.run_coroutine_threadsafe(database.inner.all("select body from comment"), database.loop)
            return sorted(row["body"] for row in rows.result(20))

        assert stored() == sorted(taken), "what was refused is not stored"
        began = time.monotonic()
        for body in answers.keys() - taken:
            post(int(body.split()[1].rstrip(".")))
        assert all(answer.status_code == 202 for answer in answers.values())
        assert stored() == sorted(answers)
        assert (time.monotonic() - began) / (CROWD - len(taken)) < 0.5, "afterwards all is fast again"
