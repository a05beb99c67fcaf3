"""Starts what is measured, each as a process of its own on a free port, and stops it again."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

COMMENTS = 50
THREAD = "/bench/"
SITE = "/api/v1/sites/demo"
_BODY = (
    "I had the same pain down the left leg for months. What helped in the end was a slow walk each morning, and "
    "**ten minutes** on a ball against the wall. Number {n} of my tries, so do not give up."
)
_CLI = [sys.executable, "-m", "service.cli"]
_TICKS = os.sysconf("SC_CLK_TCK")


class Server(NamedTuple):
    """A running server: its port, the process that began it, and the file with what it says."""

    port: int
    pid: int
    log: Path

    def seconds_used(self) -> float:
        """Return the processor time that it and its children have used, in seconds."""
        return sum(sum(map(int, _stat(pid)[11:13])) for pid in self._pids()) / _TICKS

    def megabytes(self) -> float:
        """Return its memory as the system counts it for one process, its share of shared pages included (PSS)."""
        rolled = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self._pids())
        return sum(int(text.partition("\nPss:")[2].split()[0]) for text in rolled) / 1024

    def _pids(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def free_port() -> int:
    """Return a port that the kernel says is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(words: Sequence[str], port: int, folder: Path, environment: Mapping[str, str] = {}) -> Iterator[Server]:
    """Run a server until the block ends; the block begins when the port answers."""
    with (folder / f"{port}.log").open("w") as log:
        started = subprocess.Popen(words, stdout=log, stderr=log, env=os.environ | environment, cwd=folder)
        try:
            until = time.monotonic() + 60
            while not _answers(port):
                if started.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{' '.join(words)} did not start:\n{Path(log.name).read_text()}")
                time.sleep(0.01)
            yield Server(port, started.pid, Path(log.name))
        finally:
            started.terminate()
            started.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


class Gatepost:
    """An installation of Gatepost in a folder of its own, with the site `demo`."""

    def __init__(self, folder: Path, database: str | None = None) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.environment = {
            "GATEPOST_DATABASE": database or f"sqlite:///{folder}/bench.db",
            "GATEPOST_SECRET": "a secret of the benchmark",
            "GATEPOST_POST_RATE": "off",
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }

    def do(self, *words: str) -> str:
        """Run a command of it."""
        found = subprocess.run(
            [*_CLI, *words], env=os.environ | self.environment, cwd=self.folder, capture_output=True, text=True
        )
        if found.returncode:
            raise RuntimeError(found.stdout + found.stderr)
        return found.stdout

    def make(self) -> None:
        """Add the site."""
        self.do("site", "add", "demo", "--origin", "https://bench.example")

    def fill(self, server: Server) -> None:
        """Make the thread of 50 approved comments that is read, and comments in 19 others."""
        token = self.do("token", "create", "--site", "demo", "--role", "moderator").split()[-1]
        with client(server) as http:
            for number in range(COMMENTS + 19):
                thread = THREAD if number < COMMENTS else f"/other/{number}/"
                draft = {"thread": thread, "author": f"Reader {number % 7}", "body": _BODY.format(n=number)}
                http.post(f"{SITE}/comments", json=draft).raise_for_status()
            everything = {"filter": {"status": "pending"}, "action": "approve"}
            bearer = {"authorization": f"Bearer {token}"}
            http.post(f"{SITE}/decisions", json=everything, headers=bearer).raise_for_status()

    @contextmanager
    def serving(self, variant: str = "", **environment: str) -> Iterator[Server]:
        """Serve; with a variant of `bench.variants` instead of the real thing."""
        port = free_port()
        words = [sys.executable, "-m", "bench.variants", variant] if variant else _CLI
        given = self.environment | environment
        with process([*words, "serve", "--port", str(port)], port, self.folder, given) as server:
            yield server


def client(server: Server) -> httpx2.Client:
    """Return a client of a server."""
    return httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False, verify=False, timeout=60)


@contextmanager
def limit(kind: str, folder: Path, like: Sequence[httpx2.Response]) -> Iterator[Server]:
    """Run a limit of `bench.limits`, which answers as Gatepost did, at the same addresses behind `/0`, `/1` …"""
    port = free_port()
    file = folder / f"answers-{port}.json"
    file.write_text(
        json.dumps([_as_row(answer, f"/{number}{answer.request.url.path}") for number, answer in enumerate(like)])
    )
    with process([sys.executable, "-m", "bench.limits", kind, str(port), str(file)], port, folder, _here()) as server:
        yield server


def _here() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parent.parent)}


def _as_row(answer: httpx2.Response, path: str) -> dict[str, Any]:
    return {
        "method": answer.request.method,
        "path": path,
        "status": answer.status_code,
        "headers": {name: value for name, value in answer.headers.items() if name != "date"},
        "body": base64.b64encode(answer.extensions["raw"]).decode(),
    }


def whole(http: httpx2.Client, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> httpx2.Response:
    """Return an answer with its bytes as they came over the wire under the extension `raw`."""
    with http.stream(method, path, content=body, headers=dict(headers)) as answer:
        answer.extensions["raw"] = b"".join(answer.iter_raw())
    return answer
