"""A load generator: so many connections, each sending its next request as soon as the answer to the last is whole.

Run as a process of its own, so that it does not share the interpreter with what it measures:
`python -m bench.load PORT,… CONNECTIONS SECONDS < work` prints one JSON object. The work is a JSON object: requests in
base64 under `main`, which are sent in turn, and perhaps under `other`, one of which comes every `every` times instead.
"""

import asyncio
import base64
import json
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle
from typing import cast

import uvloop

_COUNTER = b"@@@@@@@@"
# In seconds: for the last answers, which count no more.
LATE_MAX = 5


class Requests:
    """Requests of one kind, sent in turn; `@@@@@@@@` in one is replaced by a fresh number each time."""

    def __init__(self, contents: Sequence[bytes]) -> None:
        self.parts = [content.partition(_COUNTER) for content in contents]
        self.times: list[float] = []
        self.statuses: dict[int, int] = {}
        # The status line and length of the last whole answer: mostly the next is just the same, and need not be read.
        self.known = b""
        self.length = -1
        self.closes = False

    def fresh(self, number: int) -> bytes:
        """Return the next one as it goes over the wire."""
        head, mark, tail = self.parts[number % len(self.parts)]
        return head + b"%08d" % (number % 100_000_000) + tail if mark else head


class Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self, run: "Run", port: int, number: int) -> None:
        self.run = run
        self.port = port
        self.next = number * 1_000_000
        self.turn = number
        self.received = b""
        self.began = 0.0
        self.request = run.main

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast(asyncio.Transport, transport)
        self.send()

    def send(self) -> None:
        """Send the next request."""
        self.next += 1
        self.turn += 1
        run = self.run
        self.request = run.other if run.other and self.turn % run.every == 0 else run.main
        content = self.request.fresh(self.next)
        self.began = time.perf_counter()
        self.transport.write(content)

    def data_received(self, data: bytes) -> None:
        """Take what has come; when the answer is whole, go on."""
        request = self.request
        if not self.received and len(data) == request.length and data.startswith(request.known):
            self.answered()
            return
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.received[:end].lower()
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        if len(self.received) < end + 4 + length:
            return
        request.known, request.length = self.received[:12], len(self.received)
        request.closes = b"\r\nconnection: close" in head
        self.received = b""
        self.answered()

    def answered(self) -> None:
        """Note one answer, and send the next request."""
        request = self.request
        request.times.append(time.perf_counter() - self.began)
        status = int(request.known[9:12])
        request.statuses[status] = request.statuses.get(status, 0) + 1
        if self.run.over or request.closes:
            self.transport.close()
        else:
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        """Connect again, as a browser would; or note the end."""
        if self.run.over:
            self.run.closed()
        else:
            self.run.connect(self)


class Run:
    """One measurement."""

    def __init__(self, connections: int, main: Requests, other: Requests | None, every: int) -> None:
        self.main = main
        self.other = other
        self.every = every
        self.over = False
        self.opening = set[asyncio.Task[object]]()
        self.left = connections
        self.done = asyncio.Event()

    def connect(self, connection: Connection) -> None:
        """Open a connection, for the first time or again."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.create_connection(lambda: connection, "127.0.0.1", connection.port))
        self.opening.add(task)
        task.add_done_callback(self.opening.discard)

    def closed(self) -> None:
        """Note one connection's end."""
        self.left -= 1
        if self.left == 0:
            self.done.set()


async def load(ports: Sequence[int], connections: int, seconds: float, run: Run) -> dict[str, object]:
    """Send for so many seconds; return requests a second, and times in ms of the main requests, and the statuses."""
    began = time.perf_counter()
    for number, port in zip(range(connections), cycle(ports), strict=False):
        run.connect(Connection(run, port, number))
    await asyncio.sleep(seconds)
    run.over = True
    took = time.perf_counter() - began
    requests = [run.main, *([run.other] if run.other else [])]
    in_time = sum(len(request.times) for request in requests)
    with suppress(TimeoutError):
        await asyncio.wait_for(run.done.wait(), LATE_MAX)
    times = sorted(run.main.times)
    statuses: dict[int, int] = {}
    for request in requests:
        for status, count in request.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    return {
        "requests": sum(statuses.values()),
        "per_second": in_time / took,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
        "statuses": statuses,
    }


if __name__ == "__main__":
    ports = [int(port) for port in sys.argv[1].split(",")]
    connections, seconds = int(sys.argv[2]), float(sys.argv[3])
    work = json.load(sys.stdin)
    kinds = {
        name: Requests([base64.b64decode(one) for one in work[name]]) for name in ("main", "other") if name in work
    }
    run = Run(connections, kinds["main"], kinds.get("other"), work.get("every", 0))
    print(json.dumps(uvloop.run(load(ports, connections, seconds, run))))
