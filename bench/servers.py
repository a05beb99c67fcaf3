"""Starts what is measured, each as a process of its own on a free port, and stops it again."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

COMMENTS = 50
_BODY = (
    "I had the same pain down the left leg for months. What helped in the end was a slow walk each morning, and "
    "**ten minutes** on a ball against the wall. Number {n} of my tries, so do not give up."
)


def free_port() -> int:
    """Return a port that the kernel says is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(words: list[str], port: int, path: str, folder: Path, **environment: str) -> Iterator[None]:
    """Run a server until the block ends; the block begins when `path` answers."""
    with (folder / f"{port}.log").open("w") as log:
        started = subprocess.Popen(words, stdout=log, stderr=log, env=os.environ | environment)
        try:
            while not _answers(port, path):
                if started.poll() is not None:
                    raise RuntimeError(f"{' '.join(words)} did not start; see {log.name}")
                time.sleep(0.05)
            yield
        finally:
            started.terminate()
            started.wait()


def _answers(port: int, path: str) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}{path}", trust_env=False).status_code < 500
    except httpx2.TransportError:
        return False


@contextmanager
def gatepost(folder: Path) -> Iterator[int]:
    """Run Gatepost with a thread of 50 approved comments; yields its port."""
    port = free_port()
    settings = {"GATEPOST_DATABASE": f"sqlite:///{folder}/bench.db", "GATEPOST_POST_RATE": "off"}
    command = [sys.executable, "-m", "service.cli"]
    with process([*command, "serve", "--demo", "--port", str(port)], port, "/readyz", folder, **settings):
        token = subprocess.run(
            [*command, "token", "create", "--site", "demo", "--role", "moderator"],
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()[-1]
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}/api/v1/sites/demo", trust_env=False) as client:
            for number in range(COMMENTS):
                draft = {"thread": "/bench", "author": f"Reader {number % 7}", "body": _BODY.format(n=number)}
                client.post("/comments", json=draft).raise_for_status()
            everything = {"filter": {"thread": "/bench"}, "action": "approve"}
            client.post("/decisions", json=everything, headers={"authorization": f"Bearer {token}"}).raise_for_status()
        yield port


@contextmanager
def bare(folder: Path, like: list[httpx2.Response]) -> Iterator[int]:
    """Run the bare Starlette application, which answers `/0`, `/1` … as Gatepost did; yields its port."""
    port, file = free_port(), folder / "answers.json"
    dropped = {"date", "server", "content-length", "transfer-encoding"}
    answers = [
        {
            "method": answer.request.method,
            "path": f"/{number}",
            "status": answer.status_code,
            "headers": {name: value for name, value in answer.headers.items() if name not in dropped},
            "body": base64.b64encode(answer.extensions["raw"]).decode(),
        }
        for number, answer in enumerate(like)
    ]
    file.write_text(json.dumps(answers))
    with process([sys.executable, "-m", "bench.bare", str(port), str(file)], port, "/", folder):
        yield port
