"""Votes and reports: each network counts once, only what readers see can be voted on, and nobody learns who did."""

import ipaddress
import threading
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.clock import MINUTE
from service.model import Rate
from service.store.database import Database
from tests.conftest import ORIGIN, Live, running, settings_in

HERE, THERE = "203.0.113.7", "203.0.113.8"
BEHIND = {"trusted_proxies": (ipaddress.ip_network("127.0.0.0/8"),)}


@pytest.fixture
def live(tmp_path: Path, address: str) -> Iterator[Live]:
    """The service behind a proxy, so that a test may come from any address."""
    yield from running(settings_in(tmp_path, database=address, **BEHIND))


@pytest.fixture
def limited(tmp_path: Path, address: str) -> Iterator[Live]:
    """The same with its limits."""
    yield from running(settings_in(tmp_path, database=address, post_rate=Rate(1_000, MINUTE), **BEHIND))


def vote(live: Live, comment_id: str, value: Any, sender: str = HERE, **headers: str) -> httpx2.Response:
    with live.client(**{"x-forwarded-for": sender, **headers}) as client:
        return client.put(f"{live.api}/comments/{comment_id}/vote", json={"value": value})


def report(live: Live, comment_id: str, sender: str = HERE, **fields: Any) -> httpx2.Response:
    with live.client(**{"x-forwarded-for": sender}) as client:
        return client.post(f"{live.api}/comments/{comment_id}/report", json=fields)


def shown(live: Live, **fields: Any) -> str:
    comment_id = live.post(**fields)
    live.approve(comment_id)
    return comment_id


def item(live: Live, comment_id: str, status: str = "approved") -> dict[str, Any]:
    with live.moderator() as moderator:
        items = moderator.get(f"{live.api}/queue", params={"status": status}).json()["items"]
    return next(one for one in items if one["id"] == comment_id)


def test_a_network_votes_once_and_may_change_its_mind(live: Live) -> None:
    comment_id = shown(live)
    for value, sum_of_votes in [(1, 1), (1, 1), (-1, -1), (0, 0), (0, 0), (1, 1)]:
        answer = vote(live, comment_id, value)
        assert (answer.status_code, answer.json()) == (200, {"votes": sum_of_votes})
    assert vote(live, comment_id, 1, THERE).json() == {"votes": 2}
    assert live.read()["comments"][0]["votes"] == 2


def test_the_addresses_of_one_household_are_one_network(live: Live) -> None:
    comment_id = shown(live)
    for sender in ("2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::"):
        assert vote(live, comment_id, 1, sender).json() == {"votes": 1}
    assert vote(live, comment_id, 1, "2001:db8:0:1::1").json() == {"votes": 2}


def test_twenty_votes_at_once_are_all_counted(live: Live) -> None:
    comment_id = shown(live)
    voters = [threading.Thread(target=vote, args=(live, comment_id, 1, f"198.51.100.{n}")) for n in range(20)]
    for voter in voters:
        voter.start()
    for voter in voters:
        voter.join()
    assert live.read()["comments"][0]["votes"] == 20


def test_readers_see_a_vote_at_once_and_the_best_comes_first(live: Live) -> None:
    first, second = shown(live), shown(live, body="The better one.")
    with live.client() as client:
        url = f"{live.api}/comments?thread=/post&sort=top"
        before = client.get(url)
        assert [one["id"] for one in before.json()["comments"]] == [second, first]
        vote(live, first, 1)
        after = client.get(url, headers={"if-none-match": before.headers["etag"]})
        assert (after.status_code, [one["id"] for one in after.json()["comments"]]) == (200, [first, second])
        assert after.json()["thread"]["count"] == 2
        vote(live, first, 1)
        assert client.get(url, headers={"if-none-match": after.headers["etag"]}).status_code == 304


def test_a_vote_changes_nothing_that_a_moderator_has_looked_at(live: Live) -> None:
    comment_id = live.post()
    batch = live.decide("approve", comment_id)["batch"]
    version = item(live, comment_id)["version"]
    vote(live, comment_id, 1)
    report(live, comment_id)
    assert item(live, comment_id)["version"] == version
    with live.moderator() as moderator:
        undone = moderator.post(f"{live.api}/decisions/{batch}/undo").json()
    assert undone["decided"] == [comment_id]


@pytest.mark.parametrize("value", [2, -2, 0.5, "1", True, None, [1]])
def test_a_vote_is_one_of_three_numbers(live: Live, value: Any) -> None:
    answer = vote(live, shown(live), value)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "value")


def test_what_readers_do_not_see_can_be_neither_voted_on_nor_reported(live: Live) -> None:
    waiting, elsewhere = live.post(), "0" * 32
    for status in ("reject", "spam", "delete"):
        hidden = shown(live)
        live.decide(status, hidden)
        for comment_id in (waiting, hidden, elsewhere):
            assert vote(live, comment_id, 1).status_code == 404
            assert report(live, comment_id).status_code == 404


def test_a_comment_of_another_site_is_not_found(live: Live) -> None:
    comment_id = shown(live)
    live.add_site("other")
    with live.client() as client:
        other = f"/api/v1/sites/other/comments/{comment_id}"
        assert client.put(f"{other}/vote", json={"value": 1}).status_code == 404
        assert client.post(f"{other}/report", json={}).status_code == 404
        assert client.put(f"/api/v1/sites/none/comments/{comment_id}/vote", json={"value": 1}).status_code == 404


def test_a_site_may_do_without_votes(live: Live) -> None:
    comment_id = shown(live)
    live.set_policy(votes=False)
    assert vote(live, comment_id, 1).status_code == 403
    assert report(live, comment_id).status_code == 202


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_foreign_page_may_neither_vote_nor_report(live: Live, origin: str) -> None:
    own = f"{live.api}/comments/{shown(live)}"
    with live.client(origin=origin) as client:
        answers = [
            client.put(f"{own}/vote", json={"value": 1}),
            client.post(f"{own}/report", json={}),
            client.options(f"{own}/vote"),
            client.options(f"{own}/report"),
        ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert all("access-control-allow-origin" not in answer.headers for answer in answers)


def test_the_sites_own_pages_may_vote_and_report(live: Live) -> None:
    own = f"{live.api}/comments/{shown(live)}"
    with live.client(origin=ORIGIN) as client:
        preflight = client.options(f"{own}/vote")
        answers = [client.put(f"{own}/vote", json={"value": 1}), client.post(f"{own}/report", json={"reason": "rude"})]
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert [answer.status_code for answer in answers] == [200, 202]
    assert all(answer.headers["access-control-allow-origin"] == ORIGIN for answer in [preflight, *answers])


def test_a_network_reports_once_and_the_queue_says_how_many_did(live: Live) -> None:
    comment_id = shown(live)
    assert item(live, comment_id)["reports"] == 0
    answers = [report(live, comment_id, reason="rude"), report(live, comment_id), report(live, comment_id, THERE)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 3
    assert item(live, comment_id)["reports"] == 2


@pytest.mark.parametrize(("reason", "status"), [("x" * 500, 202), ("x" * 501, 422), (7, 422), ("", 202), (None, 202)])
def test_a_report_may_say_why_in_a_few_words(live: Live, reason: Any, status: int) -> None:
    assert report(live, shown(live), reason=reason).status_code == status


def test_nobody_reads_who_voted_or_what_was_reported(live: Live) -> None:
    comment_id = shown(live)
    before = live.read()["comments"][0]
    vote(live, comment_id, 1)
    report(live, comment_id, reason="this is about my neighbour")
    with live.client() as client:
        answer = client.get(f"{live.api}/comments?thread=/post")
    assert answer.json()["comments"] == [before | {"votes": 1}]
    assert "neighbour" not in answer.text and HERE not in answer.text


def test_no_address_is_kept_and_what_was_said_goes_with_the_comment(live: Live) -> None:
    async def kept(database: Database) -> list[tuple[Any, ...]]:
        votes = await database.all("select place, value from vote where site = 'demo'")
        reports = await database.all("select place, reason from report where site = 'demo'")
        return [(row["place"], row["value"]) for row in votes] + [(row["place"], row["reason"]) for row in reports]

    with live.client() as client:
        posted = client.post(
            f"{live.api}/comments", json={"thread": "/post", "author": "A", "body": "Kind words."}
        ).json()
    live.approve(posted["id"])
    vote(live, posted["id"], -1)
    report(live, posted["id"], reason="he says: Kind words.")
    rows = live.with_database(kept)
    assert [said for _, said in rows] == [-1, "he says: Kind words."]
    assert all(HERE not in place and len(place) == 32 for place, _ in rows)
    with live.client(authorization=f"Bearer {posted['edit_token']}") as author:
        assert author.delete(f"{live.api}/comments/{posted['id']}").status_code == 204
    assert live.with_database(kept) == []


@pytest.mark.parametrize(("doing", "least", "most"), [("vote", 60, 100), ("report", 10, 20)])
def test_votes_and_reports_are_limited(limited: Live, doing: str, least: int, most: int) -> None:
    own = f"{limited.api}/comments/{shown(limited)}/{doing}"
    method, content = ("PUT", {"value": 1}) if doing == "vote" else ("POST", {})
    with limited.client(**{"x-forwarded-for": HERE}) as client:
        answers = (client.request(method, own, json=content) for _ in range(200))
        passed = list(takewhile(lambda answer: answer.status_code != 429, answers))
        assert least <= len(passed) < most
        assert int(client.request(method, own, json=content).headers.get("retry-after", 1)) >= 1
    with limited.client(**{"x-forwarded-for": THERE}) as client:
        assert client.request(method, own, json=content).status_code in (200, 202)
