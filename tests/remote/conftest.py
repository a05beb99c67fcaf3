"""A server that a site's owner might let us ask, on a real socket; it remembers what it was sent."""

import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Live, running, settings_in

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Sent(NamedTuple):
    """One request: its path, its headers in small letters, and its body."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Told(NamedTuple):
    """What the server answers."""

    content: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}


class Other:
    """The other server; `answer` may be changed by a test."""

    def __init__(self) -> None:
        self.requests: list[Sent] = []
        self.answer: Callable[[Sent], Told] = lambda _: Told(status=204)
        self.released = threading.Event()
        other = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                sent = Sent(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                other.requests.append(sent)
                told = other.answer(sent)
                self.send_response(told.status)
                for name, value in told.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(told.content)))
                self.end_headers()
                self.wfile.write(told.content)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A client that has gone away is what some tests are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def never(self, _: Sent) -> Told:
        """Let the one who asks wait until the test is over."""
        self.released.wait(30)
        return Told()


@pytest.fixture
def other() -> Iterator[Other]:
    made = Other()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.released.set()
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Live]:
    """The service, allowed to ask servers on this machine."""
    yield from running(settings_in(tmp_path, outbound_networks=LOOPBACK))
