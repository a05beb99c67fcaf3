"""A load generator: so many connections, each sending its next request as soon as the answer to the last is whole.

Run as a process of its own, so that it does not share the interpreter with what it measures:
`python -m bench.load PORT CONNECTIONS SECONDS < request` prints one JSON object.
"""

import asyncio
import json
import sys
import time
from functools import partial
from typing import cast

import uvloop

_COUNTER = b"@@@@@@@@"


class Connection(asyncio.Protocol):
    """One connection; `@@@@@@@@` in the request is replaced by a fresh number each time."""

    def __init__(self, request: bytes, run: "Run", number: int) -> None:
        self.head, self.mark, self.tail = request.partition(_COUNTER)
        self.run = run
        self.next = number * 1_000_000
        self.received = bytearray()
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast(asyncio.Transport, transport)
        self.send()

    def send(self) -> None:
        """Send the next request."""
        self.next += 1
        fresh = b"%08d" % (self.next % 100_000_000) if self.mark else b""
        self.began = time.perf_counter()
        self.transport.write(self.head + fresh + self.tail)

    def data_received(self, data: bytes) -> None:
        """Take what has come; when the answer is whole, go on."""
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.received[:end]).lower()
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        if len(self.received) < end + 4 + length:
            return
        self.received.clear()
        self.run.answered(int(head[9:12]), time.perf_counter() - self.began)
        if self.run.over:
            self.transport.close()
        else:
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        """Note the end."""
        self.run.closed()


class Run:
    """One measurement."""

    def __init__(self, connections: int) -> None:
        self.over = False
        self.times: list[float] = []
        self.statuses: dict[int, int] = {}
        self.left = connections
        self.done = asyncio.Event()

    def answered(self, status: int, seconds: float) -> None:
        """Note one answer."""
        self.times.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def closed(self) -> None:
        """Note one connection's end."""
        self.left -= 1
        if self.left == 0:
            self.done.set()


async def load(port: int, connections: int, seconds: float, request: bytes) -> dict[str, object]:
    """Send for so many seconds; return requests a second, the median and 99th percentile in ms, and the statuses."""
    loop = asyncio.get_running_loop()
    run = Run(connections)
    began = time.perf_counter()
    for number in range(connections):
        await loop.create_connection(partial(Connection, request, run, number), "127.0.0.1", port)
    await asyncio.sleep(seconds)
    run.over = True
    await run.done.wait()
    took = time.perf_counter() - began
    times = sorted(run.times)
    return {
        "per_second": len(times) / took,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
        "statuses": run.statuses,
    }


if __name__ == "__main__":
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    print(json.dumps(uvloop.run(load(port, connections, seconds, sys.stdin.buffer.read()))))
