"""Two instances with one database, behind a load balancer that asks now the one and now the other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.clock import MINUTE
from service.model import Rate
from tests.conftest import Live, draft, running, settings_in, wait_for

# What one does, the other knows within a second; a busy machine may take its time.
SOON = 5


@pytest.fixture
def two(tmp_path: Path, live: Live, address: str) -> Iterator[tuple[Live, Live]]:
    for other in running(settings_in(tmp_path, database=address), beside=live):
        yield live, other


def shown(live: Live) -> list[str]:
    return [comment["id"] for comment in live.read()["comments"]]


def test_a_decision_made_at_one_is_seen_at_the_other(two: tuple[Live, Live]) -> None:
    here, there = two
    posted = there.post()
    assert shown(here) == shown(there) == []
    here.approve(posted)
    assert shown(here) == [posted]
    wait_for(lambda: shown(there) == [posted], SOON)
    there.decide("reject", posted)
    assert shown(there) == []
    wait_for(lambda: shown(here) == [], SOON)


def test_a_decision_is_made_once(two: tuple[Live, Live]) -> None:
    here, there = two
    ids = [here.post(body=f"Number {number}.") for number in range(20)]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda live: live.decide("approve", *ids), two))
    assert sorted(one for answer in made for one in answer["decided"]) == sorted(ids)
    assert sum(len(answer["skipped"]) for answer in made) == len(ids)
    wait_for(lambda: here.read()["thread"]["count"] == there.read()["thread"]["count"] == len(ids), SOON)


def test_one_key_sent_to_both_makes_one_comment(two: tuple[Live, Live]) -> None:
    def post(number: int) -> tuple[int, str]:
        live = two[number % 2]
        with live.client() as client:
            answer = client.post(f"{live.api}/comments", json=draft(), headers={"idempotency-key": "the-same-key"})
        return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(post, range(40)))
    assert len(answers) == 1
    with two[0].moderator() as moderator:
        assert moderator.get(f"{two[0].api}/queue").json()["total"] == 1


def test_a_limit_counts_at_both(tmp_path: Path, address: str) -> None:
    settings = settings_in(tmp_path, database=address, post_rate=Rate(5, MINUTE))
    for here in running(settings):
        for there in running(settings_in(tmp_path, database=address, post_rate=Rate(5, MINUTE)), beside=here):
            statuses = []
            for number in range(12):
                live = (here, there)[number % 2]
                with live.client() as client:
                    answer = client.post(f"{live.api}/comments", json=draft(body=f"Number {number}."))
                    statuses.append(answer.status_code)
    assert statuses == [202] * 5 + [429] * 7


def test_who_signs_in_at_one_is_signed_in_at_the_other(two: tuple[Live, Live]) -> None:
    here, there = two
    with here.client() as client:
        link = here.login_link()
        client.get(link)
        client.post(link, headers={"origin": here.url})
        cookies = dict(client.cookies)
    assert cookies
    with there.client() as client:
        client.cookies.update(cookies)
        assert client.get("/admin/demo/").status_code == 200


def test_a_new_policy_and_what_was_taught_count_at_both(two: tuple[Live, Live]) -> None:
    here, there = two

    def probability(live: Live) -> float:
        with live.moderator() as moderator:
            wanted = {"body": "The heron by the lake again."}
            return float(moderator.post(f"{live.api}/check", json=wanted).json()["spam_probability"])

    here.set_policy(open=False)
    wait_for(lambda: not there.read()["thread"]["open"], SOON)
    here.set_policy(open=True)
    wait_for(lambda: there.read()["thread"]["open"], SOON)
    before = probability(there)
    here.decide("spam", here.post(body="The heron by the lake again."))
    wait_for(lambda: probability(there) > before, SOON)
