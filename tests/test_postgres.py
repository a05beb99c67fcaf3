"""What only PostgreSQL does: it is restarted, drops connections, and lets instances hear of each other."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.postgres import _address, numbered
from tests import postgres
from tests.conftest import Live, draft, running, settings_in, wait_for
from tests.test_cli import Terminal

DEAFEN = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where query ilike '%notify gatepost%' and pid <> pg_backend_pid()"""
KILL = "select pg_terminate_backend(pid) from pg_stat_activity where datname like 'test%'"


@pytest.fixture(params=postgres.installed())
def own(request: pytest.FixtureRequest) -> Iterator[postgres.Server]:
    """A server that a test may stop."""
    with postgres.running(request.param) as server:
        yield server


@pytest.fixture
def served(own: postgres.Server, tmp_path: Path) -> Iterator[Live]:
    yield from running(settings_in(tmp_path, database=own.fresh_database()))


def test_parameters_get_numbers_and_casts_are_left_alone() -> None:
    assert numbered("select :b, :a, :b::text where x = :a_1") == (
        "select $1, $2, $1::text where x = $3",
        ("b", "a", "a_1"),
    )


def test_our_own_word_is_taken_out_of_the_address() -> None:
    address, pooled = _address("postgresql://u:p%40@a:1,b:2/db?pgbouncer=true&sslmode=require")
    assert pooled
    assert address == "postgresql://u:p%40@a:1,b:2/db?sslmode=require&target_session_attrs=primary"
    assert _address("postgresql://u@a/db") == ("postgresql://u@a/db?target_session_attrs=primary", False)


def test_a_restart_of_the_server_is_lived_through(own: postgres.Server, served: Live) -> None:
    first = served.post()
    served.approve(first)
    assert len(served.read()["comments"]) == 1
    own.stop()
    with served.client() as client:
        refused = client.post(f"{served.api}/comments", json=draft(body="Too early."))
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (503, "unavailable")
        assert int(refused.headers["retry-after"]) >= 1
        assert client.get("/readyz").status_code == 503
        assert client.get("/livez").status_code == 200
        assert served.read()["comments"][0]["id"] == first, "reading goes on"
        own.start()
        wait_for(lambda: client.get("/readyz").status_code == 200)
        again = client.post(f"{served.api}/comments", json=draft(body="Too early."))
        assert again.status_code == 202
    served.approve(again.json()["id"])
    assert len(served.read()["comments"]) == 2


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
def test_no_comment_is_lost_or_doubled_when_the_server_goes(
    own: postgres.Server, served: Live, how: signal.Signals
) -> None:
    acknowledged: dict[str, str] = {}
    stop = threading.Event()

    def write(worker: int) -> None:
        with served.client() as client:
            number = 0
            while not stop.is_set():
                number += 1
                key = f"worker-{worker}-comment-{number}"
                wanted = draft(body=key)
                while not stop.is_set():
                    answer = client.post(f"{served.api}/comments", json=wanted, headers={"idempotency-key": key})
                    assert answer.status_code in (202, 503), answer.text
                    if answer.status_code == 202:
                        acknowledged[key] = answer.json()["id"]
                        break

    workers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for _ in range(2):
        before = len(acknowledged)
        wait_for(lambda before=before: len(acknowledged) > before + 20)  # type: ignore[misc]
        own.do(KILL)
        wait_for(lambda before=before: len(acknowledged) > before + 40)  # type: ignore[misc]
        own.stop(how)
        own.start()
    stop.set()
    for worker in workers:
        worker.join()

    kept: dict[str, list[str]] = {}
    with served.moderator() as moderator:
        query = {"limit": "200"}
        while True:
            page = moderator.get(f"{served.api}/queue", params=query).json()
            for item in page["items"]:
                kept.setdefault(item["body"], []).append(item["id"])
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
    assert {key: kept.get(key) for key in acknowledged} == {key: [found] for key, found in acknowledged.items()}
    assert all(len(ids) == 1 for ids in kept.values())


def test_a_lost_ear_is_noticed(own: postgres.Server, served: Live, tmp_path: Path) -> None:
    def look(other: Live) -> None:
        posted = served.post()
        assert other.read()["comments"] == []
        own.do(DEAFEN)
        served.approve(posted)
        wait_for(lambda: len(other.read()["comments"]) == 1, 5)

    for other in running(settings_in(tmp_path, database=served.settings.database), beside=served):
        look(other)


def test_the_doctor_looks_at_the_server(own: postgres.Server, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.environment |= {"GATEPOST_DATABASE": own.fresh_database(), "GATEPOST_SECRET": "a secret of the tests"}
    terminal.do("site", "add", "blog", "--origin", "https://blog.example")
    said = terminal.run("doctor")
    assert "runs with fsync off" in said.stdout, "which is how the tests run it"
    assert "the counts of all 0 threads are right" in said.stdout
    own.stop()
    said = terminal.run("doctor")
    assert said.returncode == 1 and "GATEPOST_DATABASE: the PostgreSQL server cannot be used" in said.stdout


def test_without_a_secret_it_does_not_start(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.environment["GATEPOST_DATABASE"] = "postgresql://nobody@127.0.0.1:1/none"
    said = terminal.run("site", "list")
    assert said.returncode == 1 and "GATEPOST_SECRET: is needed with PostgreSQL" in said.stderr
