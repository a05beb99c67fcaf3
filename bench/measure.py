"""Puts load on servers for a while, and keeps what was found by name, so that a ratio is one of the same run."""

import base64
import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.servers import Server


class Load(NamedTuple):
    """What is sent: requests in turn, over so many connections, and perhaps others in the place of every n-th."""

    requests: Sequence[bytes]
    connections: int = 16
    others: Sequence[bytes] = ()
    every: int = 0


class Figure(NamedTuple):
    """What one round found: requests a second, their times in ms, and processor time for each in µs."""

    per_second: float
    p50_ms: float = 0
    p99_ms: float = 0
    cpu_us: float = 0


class Ratio(NamedTuple):
    """How two things compare: the median of the rounds, the least and the most."""

    median: float
    least: float
    most: float


class Found:
    """All figures of a run, by name, in the order of the rounds."""

    def __init__(self) -> None:
        self._figures: dict[str, list[Figure]] = defaultdict(list)

    def add(self, name: str, figure: Figure) -> None:
        """Keep one more round's figure."""
        self._figures[name].append(figure)

    def __contains__(self, name: str) -> bool:
        return name in self._figures

    def names(self) -> list[str]:
        """Return what was measured, in order."""
        return list(self._figures)

    def median(self, name: str) -> Figure:
        """Return the median of each figure."""
        return Figure(*(statistics.median(column) for column in zip(*self._figures[name], strict=True)))

    def ratio(self, name: str, to: str) -> Ratio:
        """Compare requests a second, round by round: what disturbs the machine disturbs both."""
        pairs = zip(self._figures[name], self._figures[to], strict=True)
        ratios = [one.per_second / other.per_second for one, other in pairs]
        return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def request(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = {}) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "host: bench", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def measure(servers: Sequence[Server], load: Load, seconds: float, strict: bool = True) -> Figure:
    """Return what one round of load found; anything but success ends the run, or if not strict does not count."""
    ports = ",".join(str(server.port) for server in servers)
    words = [sys.executable, "-m", "bench.load", ports, str(load.connections), str(seconds)]
    work = {"main": _encoded(load.requests)} | (
        {"other": _encoded(load.others), "every": load.every} if load.others else {}
    )
    before = _used(servers)
    done = subprocess.run(words, input=json.dumps(work).encode(), capture_output=True, check=True)
    found = json.loads(done.stdout)
    used = _used(servers) - before
    bad = {status: count for status, count in found["statuses"].items() if not 200 <= int(status) < 400}
    if bad and strict:
        logs = "".join(server.log.read_text("utf-8", "replace")[-4_000:] for server in servers)
        raise RuntimeError(f"some requests failed, so the figures mean nothing: {bad}\n{logs}")
    good = 1 - sum(bad.values()) / found["requests"]
    return Figure(found["per_second"] * good, found["p50_ms"], found["p99_ms"], used / found["requests"] * 1e6)


def _encoded(requests: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(one).decode() for one in requests]


def _used(servers: Sequence[Server]) -> float:
    return sum(server.seconds_used() for server in servers)
