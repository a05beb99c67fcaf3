"""Behind a PgBouncer that pools transactions everything works; what other instances do is seen within a second."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from service.clock import MINUTE
from service.model import Rate
from tests import postgres
from tests.conftest import Live, draft, running, settings_in, wait_for
from tests.test_instances import SOON, shown

pytestmark = pytest.mark.skipif(
    not (postgres.PGBOUNCER and postgres.installed()), reason="PgBouncer or PostgreSQL is not installed"
)
KILL = "select pg_terminate_backend(pid) from pg_stat_activity where datname like 'test%'"


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.running(postgres.installed()[0], "log_statement=all") as started:
        yield started


@pytest.fixture(scope="module")
def bouncer(server: postgres.Server) -> Iterator[str]:
    with postgres.pooled(server) as address:
        yield address


@pytest.fixture
def address(server: postgres.Server, bouncer: str) -> str:
    name = server.fresh_database().rpartition("/")[2]
    return f"{bouncer}/{name}?pgbouncer=true"


@pytest.fixture
def two(tmp_path: Path, live: Live, address: str) -> Iterator[tuple[Live, Live]]:
    for other in running(settings_in(tmp_path, database=address), beside=live):
        yield live, other


def test_a_comment_lives_its_whole_life_behind_it(live: Live) -> None:
    first, second = live.post(body="The heron by the lake."), live.post(body="Ducks, and nothing else.")
    with live.moderator() as moderator:
        found = moderator.get(f"{live.api}/queue", params={"q": "heron"}).json()
        assert [item["id"] for item in found["items"]] == [first]
        live.decide("approve", first)
        assert shown(live) == [first]
        batch = live.decide("spam", first, second)["batch"]
        assert shown(live) == []
        assert moderator.post(f"{live.api}/decisions/{batch}/undo").status_code == 200
        assert shown(live) == [first]
        assert moderator.get(f"{live.api}/queue").json()["total"] == 1
    with live.client() as client:
        link = live.login_link()
        client.get(link)
        client.post(link, headers={"origin": live.url})
        assert client.get("/admin/demo/").status_code == 200
        assert client.get("/readyz").status_code == 200


def test_what_one_instance_decides_the_other_shows_within_a_second(two: tuple[Live, Live]) -> None:
    here, there = two
    posted = there.post()
    assert shown(here) == shown(there) == []
    here.approve(posted)
    assert shown(here) == [posted]
    wait_for(lambda: shown(there) == [posted], 2)
    there.decide("reject", posted)
    wait_for(lambda: shown(here) == [], 2)


@pytest.fixture(params=["?pgbouncer=true", ""], ids=["said", "unsaid"])
def two_told(request: pytest.FixtureRequest, tmp_path: Path, address: str) -> Iterator[tuple[Live, Live]]:
    """Two instances whose address says that there is a PgBouncer, or leaves it to them to notice."""
    database = address.partition("?")[0] + request.param
    for here in running(settings_in(tmp_path, database=database)):
        for there in running(settings_in(tmp_path, database=database), beside=here):
            yield here, there


def test_many_clients_on_few_connections_never_get_each_others_answers(two_told: tuple[Live, Live]) -> None:
    def write(number: int) -> tuple[int, str]:
        live = two_told[number % 2]
        with live.client() as client:
            posted = client.post(f"{live.api}/comments", json=draft(thread=f"/{number}", body=f"Number {number}."))
            assert posted.status_code == 202, posted.text
            live.approve(posted.json()["id"]) if number % 5 == 0 else client.get(
                f"{live.api}/comments?thread=/{number}"
            )
        return number, posted.json()["id"]

    with ThreadPoolExecutor(12) as pool:
        written = dict(pool.map(write, range(60)))
    with two_told[0].moderator() as moderator:
        page = moderator.get(f"{two_told[0].api}/queue", params={"limit": 200}).json()
        kept = {item["id"]: item["body"] for item in page["items"]}
    assert kept == {comment_id: f"Number {number}." for number, comment_id in written.items() if number % 5}
    for number in range(0, 60, 5):
        wait_for(lambda number=number: read_ids(two_told[1], f"/{number}") == [written[number]], SOON)  # type: ignore[misc]


def read_ids(live: Live, thread: str) -> list[str]:
    return [comment["id"] for comment in live.read(thread=thread)["comments"]]


def test_a_limit_counts_at_both(tmp_path: Path, address: str) -> None:
    settings = settings_in(tmp_path, database=address, post_rate=Rate(5, MINUTE))
    for here in running(settings):
        for there in running(settings_in(tmp_path, database=address, post_rate=Rate(5, MINUTE)), beside=here):
            statuses = []
            for number in range(8):
                live = (here, there)[number % 2]
                with live.client() as client:
                    answer = client.post(f"{live.api}/comments", json=draft(body=f"Number {number}."))
                    statuses.append(answer.status_code)
    assert statuses == [202] * 5 + [429] * 3


def test_killed_connections_heal(server: postgres.Server, two: tuple[Live, Live]) -> None:
    here, there = two
    for number in range(5):
        here.post(body=f"Number {number}.")
        server.do(KILL)
        again, key = draft(body=f"Again {number}."), {"idempotency-key": f"again-{number}"}
        with there.client() as client:

            def kept(client: httpx2.Client = client, again: object = again, key: dict[str, str] = key) -> bool:
                answer = client.post(f"{there.api}/comments", json=again, headers=key)
                assert answer.status_code in (202, 503), answer.text
                return answer.status_code == 202

            wait_for(kept, SOON)
    with here.moderator() as moderator:
        assert moderator.get(f"{here.api}/queue").json()["total"] == 10


def test_nothing_of_ours_stays_on_connections_that_are_shared(server: postgres.Server, two: tuple[Live, Live]) -> None:
    here, _ = two
    here.approve(here.post())
    wait_for(lambda: server.ask("select count(*) from pg_locks where locktype = 'advisory'") == 0)
    said = server.log.lower()
    assert "insert into comment" in said, "every statement is in the log"
    assert "listen gatepost" not in said and 'listen "gatepost"' not in said
