"""The limit on requests from one place: strict in every window, honest about the wait, and bounded in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.clock import HOUR, MINUTE, SECOND
from service.errors import TooFast
from service.model import Rate
from service.web import limiter
from service.web.limiter import Limiter, prefix


class Time:
    def __init__(self) -> None:
        self.now = 1_000 * HOUR

    def __call__(self) -> int:
        return self.now


def passes(limit: Limiter, address: str) -> bool:
    try:
        limit.hit(address)
    except TooFast:
        return False
    return True


def wait_of(limit: Limiter, address: str) -> int:
    with pytest.raises(TooFast) as raised:
        limit.hit(address)
    return raised.value.retry_after


def test_so_many_pass_and_no_more() -> None:
    limit = Limiter(Rate(10, MINUTE), "comments", Time())
    assert [passes(limit, "192.0.2.1") for _ in range(12)] == [True] * 10 + [False] * 2
    assert passes(limit, "192.0.2.2")


@given(st.integers(1, 20), st.lists(st.integers(0, 40), min_size=1, max_size=200))
def test_who_waits_as_long_as_told_gets_through(requests: int, pauses: list[int]) -> None:
    time = Time()
    limit = Limiter(Rate(requests, MINUTE), "comments", time)
    for pause in pauses:
        time.now += pause * SECOND
        if not passes(limit, "a"):
            wait = wait_of(limit, "a")
            assert 1 <= wait <= 60
            time.now += wait * SECOND
            assert passes(limit, "a")


@given(st.integers(1, 20), st.lists(st.integers(0, 20), min_size=1, max_size=200))
def test_no_window_takes_more_than_its_share(requests: int, pauses: list[int]) -> None:
    time = Time()
    limit = Limiter(Rate(requests, MINUTE), "comments", time)
    passed = []
    for pause in pauses:
        time.now += pause * SECOND
        if passes(limit, "a"):
            passed.append(time.now)
    for at in passed:
        assert sum(at <= other < at + MINUTE for other in passed) <= requests


def test_after_a_quiet_time_everything_is_forgotten() -> None:
    time = Time()
    limit = Limiter(Rate(2, MINUTE), "comments", time)
    assert [passes(limit, "a") for _ in range(3)] == [True, True, False]
    time.now += MINUTE
    assert [passes(limit, "a") for _ in range(3)] == [True, True, False]


def test_memory_is_bounded_and_the_busy_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "PLACES_MAX", 100)
    limit = Limiter(Rate(1, HOUR), "comments", Time())
    assert passes(limit, "busy")
    for number in range(1_000):
        assert passes(limit, f"192.0.{number // 250}.{number % 250}")
        assert not passes(limit, "busy")
    assert len(limit._places) == 100


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::", "2001:db8::/64"),
        (None, "unknown"),
        ("a socket", "a socket"),
    ],
)
def test_an_address_stands_for_its_network(address: str | None, network: str) -> None:
    assert prefix(address) == network
