"""Several hosts in one address: the one that can be written to is used, and a standby that takes over is found."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest

from service.store.postgres import WRITE_MAX
from tests import postgres
from tests.conftest import Live, draft, running, settings_in, wait_for
from tests.test_cli import Terminal

pytestmark = pytest.mark.skipif(not postgres.installed(), reason="PostgreSQL is not installed")


class Pair(NamedTuple):
    """A server, and a standby that copies everything it does."""

    first: postgres.Server
    second: postgres.Server

    def address(self, database: str, *hosts: str) -> str:
        """The address of a database on some hosts, or on both."""
        named = hosts or [server.url.partition("@")[2] for server in self]
        return f"postgresql://gatepost@{','.join(named)}/{database}"

    def wait_until_alike(self) -> None:
        written = self.first.ask("select pg_current_wal_lsn()::text")
        wait_for(lambda: self.second.ask(f"select pg_last_wal_replay_lsn() >= '{written}'") is True)

    def wait_for_both(self) -> None:
        """From now on the first answers only when the second has it, too."""
        self.first.do("alter system set synchronous_standby_names = 'standby'")
        self.first.do("select pg_reload_conf()")
        wait_for(lambda: self.first.ask("select sync_state from pg_stat_replication") == "sync")


def pair_of(engine: str) -> Iterator[Pair]:
    with postgres.running(engine) as first, postgres.running(engine, follows=first) as second:
        yield Pair(first, second)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """A pair for all tests that leave it as it is."""
    yield from pair_of(postgres.installed()[0])


@pytest.fixture(params=postgres.installed())
def own(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A pair that a test may break."""
    yield from pair_of(request.param)


@pytest.fixture
def silent() -> Iterator[str]:
    """A host that takes connections and never says a word, like a machine that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def name_of(address: str) -> str:
    return address.rpartition("/")[2]


@pytest.mark.parametrize("before", ["dead", "silent", "standby"])
def test_of_several_hosts_the_one_that_can_be_written_to_is_used(
    pair: Pair, tmp_path: Path, silent: str, before: str
) -> None:
    first, second = (server.url.partition("@")[2] for server in pair)
    other = {"dead": "127.0.0.1:1", "silent": silent, "standby": second}[before]
    database = pair.address(name_of(pair.first.fresh_database()), other, first)
    pair.wait_until_alike()
    for live in running(settings_in(tmp_path, database=database)):
        posted = live.post()
        live.approve(posted)
        wait_for(lambda live=live, posted=posted: [one["id"] for one in live.read()["comments"]] == [posted])  # type: ignore[misc]


def test_a_standby_alone_is_refused_in_one_sentence(pair: Pair, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    said = terminal.run("serve", DATABASE=f"{pair.second.url}/postgres", SECRET="a secret of the tests")
    assert said.returncode == 1 and said.stdout == ""
    assert said.stderr == (
        "GATEPOST_DATABASE: only a standby answers, and it cannot be written to; "
        "name the primary too, or add ?target_session_attrs=any to serve readers alone\n"
    )


def test_a_standby_without_our_tables_is_refused_in_one_sentence(pair: Pair, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    address = f"{pair.second.url}/postgres?target_session_attrs=any"
    said = terminal.run("serve", DATABASE=address, SECRET="a secret of the tests")
    assert said.returncode == 1
    assert said.stderr.splitlines()[-1].startswith("GATEPOST_DATABASE: can only be read, and needs 0001_"), said.stderr


def test_a_follower_serves_readers_and_takes_nothing_until_it_is_promoted(own: Pair, tmp_path: Path) -> None:
    name = name_of(own.first.fresh_database())
    follower = settings_in(tmp_path, database=f"{own.second.url}/{name}?target_session_attrs=any")
    for live in running(settings_in(tmp_path, database=f"{own.first.url}/{name}")):
        posted, token = live.post(), live.token("moderator")
        live.approve(posted)
    own.wait_until_alike()
    for there in running(follower, beside=live):
        with there.client() as reader, there.client(authorization=f"Bearer {token}") as moderator:
            assert [one["id"] for one in there.read()["comments"]] == [posted]
            assert reader.get("/readyz").status_code == reader.get("/demo/").status_code == 200
            assert moderator.get(f"{there.api}/queue").status_code == 200
            decision = {"ids": [posted], "action": "spam"}
            refused = [
                reader.post(f"{there.api}/comments", json=draft(body="Too early.")),
                moderator.post(f"{there.api}/decisions", json=decision),
            ]
            assert [answer.status_code for answer in refused] == [503, 503]
            assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
            own.first.stop()
            assert [one["id"] for one in there.read()["comments"]] == [posted]
            own.second.do("select pg_promote()")
            assert reader.post(f"{there.api}/comments", json=draft(body="Now it is.")).status_code == 202
            assert moderator.post(f"{there.api}/decisions", json=decision).status_code == 200
            wait_for(lambda there=there: there.read()["comments"] == [])  # type: ignore[misc]


def test_a_standby_takes_over_and_nothing_acknowledged_is_lost_or_doubled(own: Pair, tmp_path: Path) -> None:
    database = own.address(name_of(own.first.fresh_database()))
    own.wait_until_alike()
    own.wait_for_both()
    acknowledged: dict[str, str] = {}
    statuses: set[int] = set()
    stop = threading.Event()

    def write(live: Live, worker: int) -> None:
        with live.client() as client:
            for number in range(10_000):
                key = f"worker-{worker}-comment-{number}"
                while not stop.is_set():
                    answer = client.post(f"{live.api}/comments", json=draft(body=key), headers={"idempotency-key": key})
                    statuses.add(answer.status_code)
                    if answer.status_code == 202:
                        acknowledged[key] = answer.json()["id"]
                        break

    for live in running(settings_in(tmp_path, database=database)):
        workers = [threading.Thread(target=write, args=(live, number)) for number in range(4)]
        for worker in workers:
            worker.start()
        wait_for(lambda: len(acknowledged) > 50)
        own.first.kill()
        own.second.do("select pg_promote()")
        before = len(acknowledged)
        wait_for(lambda before=before: len(acknowledged) > before + 50)  # type: ignore[misc]
        stop.set()
        for worker in workers:
            worker.join()
        assert statuses <= {202, 503}
        with live.moderator() as moderator:
            kept = waiting(live, moderator)
    assert {key: kept.get(key) for key in acknowledged} == {key: [found] for key, found in acknowledged.items()}
    assert all(len(ids) == 1 for ids in kept.values())


def test_a_host_that_hangs_holds_nobody_up_once_another_has_taken_over(own: Pair, tmp_path: Path) -> None:
    database = own.address(name_of(own.first.fresh_database()))
    own.wait_until_alike()
    for live in running(settings_in(tmp_path, database=database)):
        live.approve(live.post())

        def post(key: str, live: Live = live) -> int:
            with live.client() as client:
                wanted = draft(body=key)
                return client.post(f"{live.api}/comments", json=wanted, headers={"idempotency-key": key}).status_code

        def read(thread: str, live: Live = live) -> int:
            with live.client() as client:
                return client.get(f"{live.api}/comments", params={"thread": thread}).status_code

        own.first.hang()
        began = time.monotonic()
        with ThreadPoolExecutor(40) as pool:
            written = [pool.submit(post, f"comment-{number}") for number in range(20)]
            looked = [pool.submit(read, f"/{number}") for number in range(20)]
            own.second.do("select pg_promote()")
            assert {one.result() for one in looked} <= {200, 503}
            assert {one.result() for one in written} <= {202, 503}
        wait_for(lambda: {post(f"comment-{number}") for number in range(20)} == {202})
        assert read("/post") == 200
        assert time.monotonic() - began < WRITE_MAX, "whoever had asked the old one would have waited for so long"


def waiting(live: Live, moderator: httpx2.Client) -> dict[str, list[str]]:
    """Return the ids of all comments that wait, by their text."""
    kept: dict[str, list[str]] = {}
    query = {"limit": "200"}
    while True:
        page = moderator.get(f"{live.api}/queue", params=query).json()
        for item in page["items"]:
            kept.setdefault(item["body"], []).append(item["id"])
        if page["next"] is None:
            return kept
        query["cursor"] = page["next"]
