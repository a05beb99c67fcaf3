"""Several workers of one service: each of them answers, and what one does or counts, the others know."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from tests.conftest import draft, wait_for
from tests.experiments import COMMENTS, LONG, Served, children, serving


def test_a_decision_is_seen_by_every_worker(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as served:
        with served.moderator() as client:
            posted = client.post(COMMENTS, json=draft()).json()["id"]
            decision = {"ids": [posted], "action": "approve"}
            assert client.post("/api/v1/sites/blog/decisions", json=decision).status_code == 200

        def seen() -> bool:
            # Each on a connection of its own, which the kernel gives to either worker.
            answers = []
            for _ in range(12):
                with served.client() as client:
                    answers.append(client.get(f"{COMMENTS}?thread=/post").json()["thread"]["count"])
            return answers == [1] * 12

        wait_for(seen, 5)


@contextmanager
def held(worker: int) -> Iterator[None]:
    """Hold a worker still, so that the others alone answer."""
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


def post(served: Served, number: int) -> int:
    with served.client() as client:
        return client.post(COMMENTS, json=draft(body=f"Number {number}.")).status_code


@pytest.mark.parametrize("_start", range(10 if LONG else 2))
def test_every_worker_answers_after_every_start(tmp_path: Path, _start: int) -> None:
    with serving(tmp_path, "--workers", "2") as served:
        wait_for(lambda: len(children(served)) == 2)
        for number, worker in enumerate(children(served)):
            with held(worker):
                assert post(served, number) == 202


def test_all_workers_count_the_posts_of_one_address_together(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", POST_RATE="5/hour") as served:
        wait_for(lambda: len(children(served)) == 2)
        one, other = children(served)
        statuses = []
        for number in range(4):
            for worker in (one, other):
                with held(worker):
                    statuses.append(post(served, number))
    assert statuses == [202] * 5 + [429] * 3


def usual(served: Served) -> float:
    """Return the median time of many requests over one connection."""
    times = []
    with served.client() as client:
        for _ in range(50):
            began = time.perf_counter()
            assert client.get("/livez").status_code == 200
            times.append(time.perf_counter() - began)
    return median(times)


def test_several_workers_answer_as_soon_as_one_alone(tmp_path: Path) -> None:
    """On asyncio's own loop each answer of several workers waits 44 ms for the reader to acknowledge its head."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with serving(tmp_path / "one") as alone, serving(tmp_path / "two", "--workers", "2") as together:
        assert usual(together) < 10 * usual(alone)
