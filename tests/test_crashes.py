"""Once a reader sees "posted", the comment is stored: whatever is killed, cut off or full, nothing is lost or doubled.

The service is a process of its own here. ROUNDS=20 makes the long run of `make experiments`.
"""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import draft, wait_for
from tests.ports import free_port
from tests.test_cli import Terminal

ROUNDS = int(os.environ.get("ROUNDS", "3"))
COMMENTS = "/api/v1/sites/blog/comments"


class Served:
    """`gatepost serve` with a site, on a port that stays the same when it is started again."""

    def __init__(self, folder: Path, *options: str, prefix: tuple[str, ...] = ()) -> None:
        self.terminal = Terminal(folder)
        self.port = free_port()
        self.terminal.environment |= {"GATEPOST_POST_RATE": "off", "GATEPOST_PORT": str(self.port)}
        self.database = folder / "gatepost.db"
        self.options = options
        self.prefix = prefix
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*self.prefix, sys.executable, "-m", "service.cli", "serve", *self.options],
            cwd=self.terminal.folder,
            env=self.terminal.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(self.is_ready)

    def is_ready(self) -> bool:
        assert self.process and self.process.poll() is None, "the service ended"
        try:
            return httpx2.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self.process
        os.killpg(self.process.pid, how)
        self.process.wait(30)

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, trust_env=False, verify=False, timeout=20)


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Served]:
    """Run the service with the site `blog` until the block ends."""
    served = Served(folder, *options)
    served.terminal.do("site", "add", "blog", "--origin", "https://blog.example")
    served.start()
    try:
        yield served
    finally:
        if served.process and served.process.poll() is None:
            served.kill()


class Writers:
    """Readers who write, try again under the same key until they are answered, and remember what was acknowledged."""

    def __init__(self, served: Served, number: int = 4) -> None:
        self.acknowledged: dict[str, str] = {}
        self.statuses: set[int] = set()
        self._served = served
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(worker,)) for worker in range(number)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, worker: int) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            self._post(f"worker {worker}, comment {number}")

    def _post(self, key: str) -> None:
        headers = {"idempotency-key": key.replace(" ", "-").replace(",", "")}
        while not self._stop.is_set():
            try:
                with self._served.client() as client:
                    answer = client.post(COMMENTS, json=draft(body=key), headers=headers)
            except httpx2.TransportError:
                time.sleep(0.02)
                continue
            self.statuses.add(answer.status_code)
            if answer.status_code == 202:
                self.acknowledged[key] = answer.json()["id"]
                return
            time.sleep(0.05)


def kept(database: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with closing(sqlite3.connect(database)) as opened:
        assert opened.execute("pragma integrity_check").fetchone() == ("ok",)
        for comment_id, body in opened.execute("select id, body from comment"):
            found.setdefault(body, []).append(comment_id)
    return found


def check(writers: Writers, database: Path) -> None:
    """Nothing that was acknowledged is missing or changed, and nothing is there twice."""
    found = kept(database)
    assert {key: found.get(key) for key in writers.acknowledged} == {
        key: [comment_id] for key, comment_id in writers.acknowledged.items()
    }
    assert all(len(ids) == 1 for ids in found.values())


def test_killed_again_and_again_under_load(tmp_path: Path) -> None:
    choose = random.Random(20_261_124)
    with serving(tmp_path) as served, Writers(served) as writers:
        for _ in range(ROUNDS):
            before = len(writers.acknowledged)
            wait_for(lambda before=before: len(writers.acknowledged) > before + choose.randrange(10, 60))  # type: ignore[misc]
            served.kill()
            served.start()
        before = len(writers.acknowledged)
        wait_for(lambda: len(writers.acknowledged) > before + 10)
    check(writers, served.database)
    assert writers.statuses <= {202, 503}
    assert "right" in served.terminal.do("doctor")


def test_asked_to_end_it_answers_what_it_has_begun(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        sockets = []
        for number in range(20):
            body = f'{{"thread": "/post", "author": "A reader", "body": "Number {number}."}}'.encode()
            opened = socket.create_connection(("127.0.0.1", served.port))
            opened.sendall(
                b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                % (COMMENTS.encode(), len(body))
                + body[:10]
            )
            sockets.append((opened, body[10:]))
        time.sleep(0.3)
        assert served.process
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", served.port), timeout=1).recv(1)
        answers = []
        for opened, rest in sockets:
            opened.sendall(rest)
        for opened, _ in sockets:
            opened.settimeout(10)
            answers.append(opened.recv(65_536).split(b"\r\n")[0])
            opened.close()
        assert set(answers) == {b"HTTP/1.1 202 Accepted"}
        served.process.wait(20)
        assert len(kept(served.database)) == 20


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as served:
        first = children(served)
        assert len(first) >= 2
        with Writers(served) as writers:
            wait_for(lambda: len(writers.acknowledged) > 20)
            os.kill(first[-1], signal.SIGKILL)
            wait_for(lambda: len(children(served)) >= 2 and first[-1] not in children(served))
            before = len(writers.acknowledged)
            wait_for(lambda: len(writers.acknowledged) > before + 20)
        check(writers, served.database)
        assert writers.statuses == {202}


def test_a_decision_is_seen_by_every_worker(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as served:
        token = served.terminal.do("token", "create", "--site", "blog", "--role", "moderator").split()[-1]
        with served.client() as client:
            posted = client.post(COMMENTS, json=draft()).json()["id"]
            decision = {"ids": [posted], "action": "approve"}
            path, bearer = "/api/v1/sites/blog/decisions", {"authorization": f"Bearer {token}"}
            assert client.post(path, json=decision, headers=bearer).status_code == 200

        def seen() -> bool:
            # Each on a connection of its own, which the kernel gives to either worker.
            answers = []
            for _ in range(12):
                with served.client() as client:
                    answers.append(client.get(f"{COMMENTS}?thread=/post").json()["thread"]["count"])
            return answers == [1] * 12

        wait_for(seen, 5)


def children(served: Served) -> list[int]:
    """Return the processes that answer: the supervisor's children that have loaded the service."""
    assert served.process
    pids = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text().split()
    return [int(pid) for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes; only root can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.getuid() or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_refuses_and_heals_without_a_restart(small_disk: Path) -> None:
    with serving(small_disk) as served, served.client() as client:
        acknowledged: list[str] = []

        def post(number: int) -> Any:
            body = f"Number {number}. " + "A long and patient text. " * 150
            answer = client.post(COMMENTS, json=draft(body=body))
            if answer.status_code == 202:
                acknowledged.append(answer.json()["id"])
            return answer

        answers = [post(number) for number in range(400)]
        statuses = {answer.status_code for answer in answers}
        assert statuses == {202, 503}, "it took some, and then said that it cannot"
        refused = next(answer for answer in answers if answer.status_code == 503)
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) >= 1
        assert client.get(f"{COMMENTS}?thread=/post").status_code == 200, "reading goes on"
        assert client.get("/livez").status_code == 200
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        assert post(1_000).status_code == 202
        found = [comment_id for ids in kept(served.database).values() for comment_id in ids]
        assert sorted(found) == sorted(acknowledged), "nothing that was refused is half there"
