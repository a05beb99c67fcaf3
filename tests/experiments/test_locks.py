"""Another process holds the lock, or tidies the file by hand: what cannot wait is refused, and reading goes on."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from service.store.sqlite import BUSY_TIMEOUT_MS
from tests.conftest import draft
from tests.experiments import COMMENTS, LONG, ROUNDS, Served, Writers, check, kept, refused, serving

THREAD = f"{COMMENTS}?thread=/post"
AT_ONCE = 5
# One alone waits half as long as several do.
AT_ONCE_FOR_EVER = AT_ONCE if LONG else 1


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the lock that every writer needs, as a tool of somebody else may."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("begin exclusive")
        yield
        other.execute("rollback")


def posting(served: Served, numbers: range, statuses: list[int], shapes: list[bool]) -> list[threading.Thread]:
    """Begin to post, all at once, each noting its status, and whether it was refused in the right form."""

    def post(number: int) -> None:
        with served.client() as client:
            answer = client.post(COMMENTS, json=draft(body=f"Number {number}."))
        statuses.append(answer.status_code)
        shapes.append(answer.status_code == 202 or refused(answer))

    threads = [threading.Thread(target=post, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    return threads


def read_while(served: Served, busy: list[threading.Thread], until: float) -> float:
    """Read again and again while others wait, or until some time; return how long the slowest answer took."""
    slowest = 0.0
    with served.client() as client:
        while any(thread.is_alive() for thread in busy) and time.monotonic() < until:
            began = time.monotonic()
            assert client.get(THREAD).status_code == 200
            assert client.get(f"{COMMENTS}?thread=/{began}").status_code == 200, "nor is what was not asked for before"
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.01)
    return slowest


def test_a_lock_held_for_a_second_delays_posts_and_no_readers(tmp_path: Path) -> None:
    statuses: list[int] = []
    with serving(tmp_path) as served:
        with locked(served.database):
            waiting = posting(served, range(AT_ONCE), statuses, [])
            slowest = read_while(served, waiting, time.monotonic() + 1)
            assert not statuses, "nobody is told that it is stored, or that it is not"
        for thread in waiting:
            thread.join()
        assert statuses == [202] * AT_ONCE
        assert len(kept(served.database)) == AT_ONCE
    print(f"while posts waited a second, the slowest of the readers' answers took {slowest * 1000:.0f} ms")
    assert slowest < 0.5


def test_a_lock_held_for_ever_refuses_posts_and_no_readers_and_is_got_over(tmp_path: Path) -> None:
    statuses: list[int] = []
    shapes: list[bool] = []
    with serving(tmp_path) as served, served.client() as client:
        with locked(served.database):
            began = time.monotonic()
            waiting = posting(served, range(AT_ONCE_FOR_EVER), statuses, shapes)
            slowest = read_while(served, waiting, began + 60)
            took = time.monotonic() - began
            assert statuses == [503] * AT_ONCE_FOR_EVER and all(shapes)
        assert client.get("/readyz").status_code == 200
        assert client.post(COMMENTS, json=draft()).status_code == 202
        assert list(kept(served.database)) == [draft()["body"]], "what was refused is not stored"
    print(f"{AT_ONCE_FOR_EVER} posts were refused after {took:.1f} s; readers waited {slowest * 1000:.0f} ms at most")
    assert slowest < 0.5
    # Those who came while the first waited are tried once together, so they wait twice.
    assert BUSY_TIMEOUT_MS / 1_000 <= took < 3 * BUSY_TIMEOUT_MS / 1_000


def test_somebody_tidies_the_file_by_hand_under_load(tmp_path: Path) -> None:
    with serving(tmp_path) as served, Writers(served) as writers, served.client() as client:
        for _ in range(ROUNDS):
            writers.wait_for_more(20)
            for statement in ("vacuum", "reindex", "analyze", "pragma wal_checkpoint(truncate)", "pragma optimize"):
                with closing(sqlite3.connect(served.database, isolation_level=None, timeout=30)) as other:
                    other.execute(statement)
                assert client.get(THREAD).status_code == 200
        writers.wait_for_more(20)
        assert client.get("/readyz").status_code == 200
    check(writers, served.database)
    assert writers.statuses <= {202, 503}
