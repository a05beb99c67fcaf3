"""One Idempotency-Key is one comment, however often, in whatever order and by whatever worker it is received."""

import json
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import draft, wait_for
from tests.experiments import COMMENTS, ROUNDS, Served, kept, raw_post, serving

AT_ONCE = 50
KEY = {"idempotency-key": "the-same-key"}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_one_key_fifty_times_at_once_is_one_comment(tmp_path: Path, workers: str) -> None:
    with serving(tmp_path, "--workers", workers) as served:

        def post(_number: int) -> tuple[int, str, bool]:
            with served.client() as client:
                answer = client.post(COMMENTS, json=draft(), headers=KEY)
            return answer.status_code, answer.json()["id"], "idempotent-replayed" in answer.headers

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(post, range(AT_ONCE)))
        ((_, posted),) = {(status, comment_id) for status, comment_id, _ in answers}
        assert {status for status, _, _ in answers} == {202}
        assert sum(not replayed for _, _, replayed in answers) == 1, "all but the first are marked as repeats"
        with served.client() as client:
            other = client.post(COMMENTS, json=draft(body="Something else."), headers=KEY)
            again = client.post(COMMENTS, json=draft(), headers=KEY)
        assert other.status_code == 422
        assert (again.status_code, again.json()["id"]) == (202, posted)
        assert kept(served.database) == {draft()["body"]: [posted]}


def hang_up(opened: socket.socket, reset: bool) -> None:
    if reset:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    opened.close()


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_who_hangs_up_before_the_answer_and_comes_again_has_written_once(tmp_path: Path, reset: bool) -> None:
    with serving(tmp_path) as served:
        for number in range(10 * ROUNDS):
            key = f"hung-up-{number}"
            wanted = draft(body=f"Number {number}.")
            opened = raw_post(served.port, json.dumps(wanted).encode(), key)
            # From before it was read to after it was answered.
            time.sleep(number % 10 / 2_000)
            hang_up(opened, reset)
            with served.client() as client:
                again = client.post(COMMENTS, json=wanted, headers={"idempotency-key": key})
            assert again.status_code == 202
            assert kept(served.database)[wanted["body"]] == [again.json()["id"]]
        assert len(kept(served.database)) == 10 * ROUNDS


def test_a_hundred_who_hang_up_at_once_leave_nothing_doubled_and_the_service_well(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        bodies = [json.dumps(draft(body=f"Number {number}.")).encode() for number in range(100)]
        for number, body in enumerate(bodies):
            hang_up(raw_post(served.port, body, f"key-{number}"), reset=bool(number % 2))
        again = [raw_post(served.port, body, f"key-{number}") for number, body in enumerate(bodies)]
        for opened in again:
            with opened:
                assert opened.recv(65_536).startswith(b"HTTP/1.1 202")
        assert sorted(map(len, kept(served.database).values())) == [1] * 100
        wait_for(lambda: open_connections(served) == 0)


def open_connections(served: Served) -> int:
    """Return how many connections to the service are still open at its end."""
    local = f"0100007F:{served.port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1] == local and row[3] in ("01", "08") for row in rows)
