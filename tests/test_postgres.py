"""What only PostgreSQL does: it is restarted, drops connections, and lets instances hear of each other."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service import clock
from service.errors import Unavailable
from service.store.migrate import migrate
from service.store.postgres import PostgresDatabase, numbered
from service.store.servers import Servers
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


@pytest.fixture(scope="module", params=postgres.installed())
def server(request: pytest.FixtureRequest) -> Iterator[postgres.Server]:
    """A server for all tests that leave it as it is."""
    with postgres.running(request.param) as started:
        yield started


@pytest.fixture
def served(own: postgres.Server, tmp_path: Path) -> Iterator[Live]:
    yield from running(settings_in(tmp_path, database=own.fresh_database()))


def test_parameters_get_numbers_and_casts_are_left_alone() -> None:
    assert numbered("select :b, :a, :b::text where x = :a_1") == (
        "select $1, $2, $1::text where x = $3",
        ("b", "a", "a_1"),
    )


def test_an_address_has_one_part_for_each_host() -> None:
    servers = Servers("postgresql://u:p%40@a:1,b:2/db?pgbouncer=true&sslmode=require")
    assert servers.pooled
    assert servers.addresses == [
        f"postgresql://u:p%40@{host}/db?sslmode=require&target_session_attrs=primary" for host in ("a:1", "b:2")
    ]
    plain = Servers("postgresql://u@a/db?target_session_attrs=any")
    assert not plain.pooled and plain.addresses == ["postgresql://u@a/db?target_session_attrs=any"]


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


@pytest.fixture(params=postgres.installed())
def small(request: pytest.FixtureRequest) -> Iterator[postgres.Server]:
    """A server that has few connections to give."""
    with postgres.running(request.param, "max_connections=12") as server:
        yield server


def test_when_others_have_used_up_all_connections_it_refuses_and_heals(small: postgres.Server, tmp_path: Path) -> None:
    def statuses(live: Live, number: int) -> list[int]:
        with live.client() as client:
            posted = client.post(f"{live.api}/comments", json=draft(body=f"Number {number}."))
            return [
                posted.status_code,
                client.get(f"{live.api}/comments?thread=/post").status_code,
                client.get(f"{live.api}/comments?thread=/{number}").status_code,
                client.get("/readyz").status_code,
            ]

    for live in running(settings_in(tmp_path, database=small.fresh_database())):
        assert statuses(live, 1) == [202, 200, 200, 200]
        with small.used_up(KILL):
            assert statuses(live, 2) == [503, 200, 503, 503], "what was read before can still be read"
        wait_for(lambda live=live: statuses(live, 3) == [202, 200, 200, 200])  # type: ignore[misc]


@pytest.mark.parametrize("limit", ["statement_timeout", "lock_timeout"])
def test_who_waits_too_long_for_the_server_is_told_to_try_again(
    server: postgres.Server, tmp_path: Path, limit: str
) -> None:
    database = server.fresh_database()
    server.do(f"alter database {database.rpartition('/')[2]} set {limit} = '200ms'")
    for live in running(settings_in(tmp_path, database=database)):
        with live.client() as client:
            with server.locked(database, "comment"):
                assert client.post(f"{live.api}/comments", json=draft()).status_code == 503
                assert client.get(f"{live.api}/comments?thread=/post").status_code == 503
            assert client.post(f"{live.api}/comments", json=draft()).status_code == 202
            assert client.get(f"{live.api}/comments?thread=/post").status_code == 200


@pytest.mark.anyio
async def test_a_transaction_that_the_server_ends_keeps_nothing_and_the_next_one_works(server: postgres.Server) -> None:
    address = server.fresh_database()
    server.do(f"alter database {address.rpartition('/')[2]} set idle_in_transaction_session_timeout = '50ms'")
    database = await PostgresDatabase.open(address)
    try:
        await migrate(database, clock.now)
        note = "insert into rate (doing, place, free_at) values ('something', 'here', 1)"
        with pytest.raises(Unavailable):
            async with database.transaction() as tx:
                await tx.run(note)
                await asyncio.sleep(0.3)
                await tx.all("select 1")
        assert await database.all("select * from rate") == []
        async with database.transaction() as tx:
            await tx.run(note)
        assert len(await database.all("select * from rate")) == 1
    finally:
        await database.close()


@pytest.mark.anyio
async def test_a_connection_that_breaks_between_two_steps_is_asked_again_over_another(server: postgres.Server) -> None:
    database = await PostgresDatabase.open(server.fresh_database())
    tries: list[str] = []

    async def question(session: Any) -> Any:
        tries.append("one more")
        if len(tries) == 1:
            session.connection.terminate()
            raise AttributeError("'NoneType' object has no attribute 'bind_execute'")  # as asyncpg says it
        return await session.one("select 1 as one")

    try:
        found = await database._ask(question)
        assert found["one"] == 1 and len(tries) == 2
    finally:
        await database.close()


def test_the_doctor_looks_at_the_server(own: postgres.Server, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.environment |= {"GATEPOST_DATABASE": own.fresh_database(), "GATEPOST_SECRET": "a secret of the tests"}
    assert "will be migrated at the next start: 0001_" in terminal.run("doctor").stdout
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
