"""Asked to end, it answers what it has begun, however often it is asked; only Ctrl+C twice ends it at once."""

import signal
import socket
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import wait_for
from tests.experiments import COMMENTS, Served, Writers, check, kept, serving

BEGUN = 20
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


def begin(served: Served) -> list[tuple[socket.socket, bytes]]:
    """Begin to send some comments; return each connection, and the body that the service waits for there."""
    begun = []
    for number in range(BEGUN):
        body = f'{{"thread": "/post", "author": "A reader", "body": "Number {number}."}}'.encode()
        opened = socket.create_connection(("127.0.0.1", served.port), timeout=10)
        opened.sendall(
            b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
            b"expect: 100-continue\r\n\r\n" % (COMMENTS.encode(), len(body))
        )
        begun.append((opened, body))
    assert {opened.recv(len(GO_ON)) for opened, _ in begun} == {GO_ON}
    return begun


def finish(begun: list[tuple[socket.socket, bytes]]) -> set[bytes]:
    answers = set()
    for opened, body in begun:
        opened.sendall(body)
    for opened, _ in begun:
        with closing(opened):
            answers.add(opened.recv(65_536).split(b"\r\n")[0])
    return answers


def takes_no_more(served: Served) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", served.port), timeout=1):
            return False
    except OSError:
        return True


# A supervisor tells its workers to end, and so does whoever tells the whole group: twice is no wish for haste.
@pytest.mark.parametrize(
    "signals", [[signal.SIGTERM], [signal.SIGTERM, signal.SIGTERM], [signal.SIGINT]], ids=["TERM", "TERM twice", "INT"]
)
def test_asked_to_end_it_answers_what_it_has_begun(tmp_path: Path, signals: list[signal.Signals]) -> None:
    with serving(tmp_path) as served:
        begun = begin(served)
        assert served.process
        for one in signals:
            served.process.send_signal(one)
            wait_for(lambda: takes_no_more(served))
        assert finish(begun) == {b"HTTP/1.1 202 Accepted"}
        served.process.wait(20)
        assert len(kept(served.database)) == BEGUN


def test_asked_to_end_each_worker_answers_what_it_has_begun(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as served, closing(idle(served)) as waiting:
        begun = begin(served)
        assert served.process
        served.process.send_signal(signal.SIGTERM)
        # The supervisor keeps the port until all have ended; but a worker that ends hangs up on who is idle.
        assert waiting.recv(1) == b""
        assert finish(begun) == {b"HTTP/1.1 202 Accepted"}
        served.process.wait(20)
        assert len(kept(served.database)) == BEGUN


def idle(served: Served) -> socket.socket:
    """Return a connection that was used, and is kept for later."""
    opened = socket.create_connection(("127.0.0.1", served.port), timeout=10)
    opened.sendall(b"HEAD /livez HTTP/1.1\r\nhost: x\r\n\r\n")
    assert opened.recv(65_536).startswith(b"HTTP/1.1 ")
    return opened


def test_ctrl_c_twice_ends_it_at_once_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        with Writers(served) as writers:
            writers.wait_for_more(20)
        begun = begin(served)
        assert served.process
        served.process.send_signal(signal.SIGINT)
        wait_for(lambda: takes_no_more(served))
        began = time.monotonic()
        served.process.send_signal(signal.SIGINT)
        served.process.wait(20)
        assert time.monotonic() - began < 5, "it does not wait for those who have sent a half"
        for opened, _ in begun:
            opened.close()
        check(writers, served.database)
