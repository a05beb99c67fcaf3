"""Experiments: the service as processes of their own, killed, filled, damaged and cut off while readers write.

What all of them show: once a reader sees "posted", the comment is stored; nothing is lost and nothing doubled.
ROUNDS=20 makes the long run of `make experiments`; without it each is short.
"""

import os
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

from tests.conftest import draft, wait_for
from tests.ports import free_port
from tests.test_cli import Terminal

LONG = "ROUNDS" in os.environ
ROUNDS = int(os.environ.get("ROUNDS", "3"))
COMMENTS = "/api/v1/sites/blog/comments"


class Served:
    """`gatepost serve` with a site, on a port that stays the same when it is started again."""

    def __init__(self, folder: Path, *options: str, prefix: tuple[str, ...] = (), **settings: str) -> None:
        self.terminal = Terminal(folder)
        self.port = free_port()
        self.terminal.environment |= {"GATEPOST_POST_RATE": "off", "GATEPOST_PORT": str(self.port)}
        self.terminal.environment |= {f"GATEPOST_{name}": value for name, value in settings.items()}
        self.database = folder / "gatepost.db"
        self.options = options
        self.prefix = prefix
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it printed, over all its starts; beside its folder, which may be full or gone."""
        return self.terminal.folder.with_name(self.terminal.folder.name + ".log")

    def start(self) -> float:
        """Start it, wait until it is ready, and return how many seconds that took."""
        began = time.monotonic()
        self.launch()
        wait_for(self.is_ready)
        return time.monotonic() - began

    def run(self, *words: str) -> str:
        """Run a command as whoever runs the service, and return what it says."""
        done = subprocess.run(
            [*self.prefix, sys.executable, "-m", "service.cli", *words],
            cwd=self.terminal.folder,
            env=self.terminal.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def launch(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", "service.cli", "serve", *self.options],
                cwd=self.terminal.folder,
                env=self.terminal.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        assert self.process and self.process.poll() is None, f"the service ended: {self.log.read_text()[-2_000:]}"
        try:
            return httpx2.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self.process
        os.killpg(self.process.pid, how)
        self.process.wait(30)

    def client(self, **headers: str) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, headers=headers, trust_env=False, verify=False, timeout=20)

    def moderator(self) -> httpx2.Client:
        """Return a client that sends a fresh API token."""
        token = self.run("token", "create", "--site", "blog", "--role", "moderator").split()[-1]
        return self.client(authorization=f"Bearer {token}")


@contextmanager
def serving(folder: Path, *options: str, prefix: tuple[str, ...] = (), **settings: str) -> Iterator[Served]:
    """Run the service with the site `blog` until the block ends."""
    served = Served(folder, *options, prefix=prefix, **settings)
    served.run("site", "add", "blog", "--origin", "https://blog.example")
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

    def wait_for_more(self, number: int) -> None:
        """Wait until so many more have been acknowledged."""
        before = len(self.acknowledged)
        wait_for(lambda: len(self.acknowledged) >= before + number)

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
    """Return the ids that a database holds for each text, after a look at every page of it."""
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


def children(served: Served) -> list[int]:
    """Return the processes that answer: the supervisor's children that have loaded the service."""
    assert served.process
    pids = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text().split()
    return [int(pid) for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def refused(answer: Any) -> bool:
    """Tell whether an answer says, in the form that it should have, that nothing was stored and when to come again."""
    return bool(
        answer.status_code == 503
        and answer.headers["content-type"] == "application/problem+json"
        and answer.json()["type"].endswith("/problems/unavailable")
        and int(answer.headers["retry-after"]) >= 1
    )


def raw_post(port: int, body: bytes, key: str) -> socket.socket:
    """Send a comment over a connection of its own, and return the connection without waiting for the answer."""
    opened = socket.create_connection(("127.0.0.1", port))
    opened.sendall(
        b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"idempotency-key: %s\r\ncontent-length: %d\r\n\r\n" % (COMMENTS.encode(), key.encode(), len(body)) + body
    )
    return opened
