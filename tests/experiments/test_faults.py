"""The database fails at any moment of anything: all is as before or as after, and trying again succeeds."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest

from tests.conftest import Live, draft, settings_in
from tests.experiments import refused
from tests.experiments.failing import COMMITTED, Failing, running_on_failing

TABLES = ("site", "comment", "thread", "history", "lesson", "learned")
# More than anything asks of the database.
ENOUGH = 100


@pytest.fixture
def at_fault(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Live, Failing]]:
    with running_on_failing(settings_in(tmp_path, database=address), monkeypatch) as both:
        yield both


class People(NamedTuple):
    """Who asks: a reader, and a moderator."""

    live: Live
    reader: httpx2.Client
    moderator: httpx2.Client

    def posted(self, **fields: object) -> dict[str, str]:
        answer = self.reader.post(f"{self.live.api}/comments", json=draft(**fields))
        assert answer.status_code in (201, 202)
        return dict(answer.json())

    def decide(self, **wanted: object) -> httpx2.Response:
        return self.moderator.post(f"{self.live.api}/decisions", json=wanted)


Ask = Callable[[], httpx2.Response]


def post(people: People, number: int) -> Ask:
    wanted, key = draft(body=f"Number {number}."), {"idempotency-key": f"key-{number}"}
    return lambda: people.reader.post(f"{people.live.api}/comments", json=wanted, headers=key)


def edit(people: People, number: int) -> Ask:
    posted = people.posted(body=f"Number {number}.")
    people.decide(ids=[posted["id"]], action="approve")
    address, key = f"{people.live.api}/comments/{posted['id']}", {"authorization": f"Bearer {posted['edit_token']}"}
    return lambda: people.reader.patch(address, json={"body": "In other words."}, headers=key)


def withdraw(people: People, number: int) -> Ask:
    posted = people.posted(body=f"Number {number}.")
    people.decide(ids=[posted["id"]], action="approve")
    address, key = f"{people.live.api}/comments/{posted['id']}", {"authorization": f"Bearer {posted['edit_token']}"}
    return lambda: people.reader.delete(address, headers=key)


def approve(people: People, number: int) -> Ask:
    posted = people.posted(body=f"Number {number}.")
    return lambda: people.decide(ids=[posted["id"]], action="approve")


def call_all_spam(people: People, number: int) -> Ask:
    for place in range(3):
        people.posted(thread=f"/bulk-{number}", body=f"Number {number}.{place}.")
    return lambda: people.decide(filter={"status": "pending", "thread": f"/bulk-{number}"}, action="spam")


def undo(people: People, number: int) -> Ask:
    batch = call_all_spam(people, number)().json()["batch"]
    return lambda: people.moderator.post(f"{people.live.api}/decisions/{batch}/undo")


def read(people: People, number: int) -> Ask:
    people.decide(ids=[people.posted(thread=f"/read-{number}")["id"]], action="approve")
    return lambda: people.reader.get(f"{people.live.api}/comments?thread=/read-{number}")


def queue(people: People, number: int) -> Ask:
    people.posted(body=f"Number {number}.")
    return lambda: people.moderator.get(f"{people.live.api}/queue")


HELD = [post, edit, withdraw, approve, call_all_spam, undo, read, queue]
PUBLISHED_AT_ONCE = [post, edit, withdraw]


@pytest.mark.parametrize("prepare", HELD)
def test_a_fault_at_any_moment_leaves_all_as_before_or_as_after(
    at_fault: tuple[Live, Failing], prepare: Callable[[People, int], Ask]
) -> None:
    fail_at_each_moment(*at_fault, prepare)


@pytest.mark.parametrize("prepare", PUBLISHED_AT_ONCE)
def test_the_same_where_comments_are_published_at_once(
    at_fault: tuple[Live, Failing], prepare: Callable[[People, int], Ask]
) -> None:
    at_fault[0].set_policy(publish="clean", hold_at=1)
    fail_at_each_moment(*at_fault, prepare)


def fail_at_each_moment(live: Live, database: Failing, prepare: Callable[[People, int], Ask]) -> None:
    refusals = 0
    with live.client() as reader, live.moderator() as moderator:
        people = People(live, reader, moderator)
        for number in range(1, ENOUGH):
            ask = prepare(people, number)
            before = database.state(TABLES)
            database.moments.choose(number)
            answer = ask()
            hit = database.moments.hit
            database.moments.choose(0)
            if answer.status_code < 300:
                # No fault came up to its end, or it could do without what was out of reach.
                if hit is None:
                    break
                continue
            assert refused(answer), (hit, answer.text)
            refusals += 1
            middle = database.state(TABLES)
            again = ask()
            if hit == COMMITTED:
                # It is kept, and nobody heard of it. Who deletes twice is told so; who edits twice has edited twice.
                assert again.status_code < 300 or (prepare is withdraw and again.status_code == 404), again.text
                assert before != middle
                assert middle == database.state(TABLES) or prepare is edit
            else:
                assert before == middle, hit
                assert again.status_code < 300, (hit, again.text)
    assert hit is None, "faults without end"
    print(f"{prepare.__name__} on {database.engine}: {number - 1} moments, {refusals} refusals")
