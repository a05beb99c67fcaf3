"""The limit on requests from one place: a burst, then an even pace, honest about the wait, and counted by all."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from service.app import open_database
from service.clock import HOUR, MINUTE, SECOND
from service.errors import TooFast
from service.keys import Keys
from service.model import Rate
from service.settings import Settings
from service.store import rates
from service.store.database import Database
from service.web.limiter import Limiter, prefix
from tests.conftest import SECRET

pytestmark = pytest.mark.anyio
KEYS = Keys(SECRET)


class Time:
    def __init__(self) -> None:
        self.now = 1_000 * HOUR

    def __call__(self) -> int:
        return self.now


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    opened = await open_database(Settings(database=address, secret=SECRET))
    yield opened
    await opened.close()


async def passes(limit: Limiter, address: str) -> bool:
    try:
        await limit.hit(address)
    except TooFast:
        return False
    return True


async def test_so_many_pass_at_once_and_no_more(database: Database) -> None:
    limit = Limiter(Rate(10, MINUTE), "comments", database, KEYS, Time())
    assert [await passes(limit, "192.0.2.1") for _ in range(12)] == [True] * 10 + [False] * 2
    assert await passes(limit, "192.0.2.2")
    assert await passes(Limiter(Rate(10, MINUTE), "previews", database, KEYS, Time()), "192.0.2.1")


async def test_then_one_passes_whenever_its_time_has_come(database: Database) -> None:
    time = Time()
    limit = Limiter(Rate(6, MINUTE), "comments", database, KEYS, time)
    passed = 0
    for _ in range(600):
        passed += await passes(limit, "a")
        time.now += SECOND
    assert passed == 6 + 600 // 10 - 1


@pytest.mark.parametrize("requests", [1, 7, 20])
async def test_who_waits_as_long_as_told_gets_through(database: Database, requests: int) -> None:
    time = Time()
    limit = Limiter(Rate(requests, MINUTE), "comments", database, KEYS, time)
    refused = 0
    for pause in [0, 1, 0, 0, 5, 0, 2] * 8:
        time.now += pause * SECOND
        try:
            await limit.hit("a")
        except TooFast as error:
            refused += 1
            assert 1 <= error.retry_after <= 60
            time.now += error.retry_after * SECOND
            assert await passes(limit, "a")
    assert refused


async def test_after_a_quiet_time_everything_is_allowed_again(database: Database) -> None:
    time = Time()
    limit = Limiter(Rate(2, MINUTE), "comments", database, KEYS, time)
    for _ in range(2):
        assert [await passes(limit, "a") for _ in range(3)] == [True, True, False]
        time.now += MINUTE


async def test_all_processes_count_together(database: Database, address: str) -> None:
    other = await open_database(Settings(database=address, secret=SECRET))
    time = Time()
    limits = [Limiter(Rate(10, HOUR), "comments", one, KEYS, time) for one in (database, other)]
    passed = await asyncio.gather(*(passes(limits[number % 2], "192.0.2.1") for number in range(60)))
    await other.close()
    assert sum(passed) == 10


async def test_no_address_is_kept_and_what_has_run_out_is_dropped(database: Database) -> None:
    time = Time()
    limit = Limiter(Rate(5, MINUTE), "comments", database, KEYS, time)
    assert await passes(limit, "192.0.2.1")
    (row,) = await database.all("select place from rate")
    assert "192" not in row["place"] and len(row["place"]) == 32
    await rates.forget(database, time.now)
    assert len(await database.all("select place from rate")) == 1
    await rates.forget(database, time.now + MINUTE)
    assert not await database.all("select place from rate")


@pytest.mark.parametrize(
    ("given", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::", "2001:db8::/64"),
        (None, "unknown"),
        ("a socket", "a socket"),
    ],
)
async def test_an_address_stands_for_its_network(given: str | None, network: str) -> None:
    assert prefix(given) == network
