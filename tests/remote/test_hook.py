"""A site's own hook: signed, heard, and never a reason to lose or to publish a comment."""

import json
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from service import remote
from service.commands.sites import changed_site, new_site
from service.errors import Invalid
from tests.conftest import Live, draft
from tests.remote.conftest import Other, Told

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cyBhbG9uZSwgMzIgYi4="


def says(**opinion: Any) -> Told:
    return Told(json.dumps(opinion).encode(), headers={"content-type": "application/json"})


def waiting(live: Live) -> list[dict[str, Any]]:
    with live.moderator() as client:
        return [
            item
            for status in ("pending", "spam")
            for item in client.get(f"{live.api}/queue?status={status}").json()["items"]
        ]


def failures(live: Live) -> float:
    with live.client() as client:
        lines = client.get("/metrics").text.splitlines()
    return sum(
        float(line.split()[-1]) for line in lines if line.startswith('gatepost_remote_failures_total{remote="hook"')
    )


@pytest.fixture
def hooked(asking: Live, other: Other) -> Live:
    asking.set_policy(hook_url=f"{other.url}/judge", hook_secret=SECRET)
    return asking


def test_a_hook_is_told_the_comment_and_can_prove_who_tells_it(hooked: Live, other: Other) -> None:
    hooked.post(email="ann@example.org", website="https://ann.example", url="https://blog.example/post")
    (sent,) = other.requests
    assert sent.path == "/judge"
    told = Webhook(SECRET).verify(sent.body, dict(sent.headers))
    assert told["type"] == "comment.check"
    data = told["data"]
    assert data["site"] == "demo" and data["thread"] == "/post" and data["ip"] == "127.0.0.1"
    assert data["body"] == draft()["body"] and data["email"] == "ann@example.org"
    assert data["verdict"]["outcome"] == "hold" and "signals" in data["verdict"]
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "b3RoZXI=" * 4).verify(sent.body, dict(sent.headers))


def test_what_a_hook_says_counts_and_is_kept_with_its_words(hooked: Live, other: Other) -> None:
    other.answer = lambda _: says(weight=8, detail="sells a drug")
    hooked.post()
    (kept,) = waiting(hooked)
    assert kept["status"] == "spam"
    assert "the site's hook: sells a drug" in kept["verdict"]["reasons"]
    assert {"check": "hook", "weight": 8.0, "detail": "the site's hook: sells a drug"} in kept["verdict"]["signals"]


def test_a_hook_may_let_a_person_look_whatever_the_odds(hooked: Live, other: Other) -> None:
    hooked.set_policy(publish="clean", hold_at=1)
    other.answer = lambda _: says(hold=True, detail="hurts somebody")
    held = hooked.post()
    other.answer = lambda _: Told(status=204)
    hooked.post(body="A quiet word of thanks.")
    assert [item["id"] for item in waiting(hooked)] == [held]


@pytest.mark.parametrize(
    "answer",
    [
        Told(status=500),
        Told(status=302, headers={"location": "http://127.0.0.1:1/"}),
        Told(b"<html>"),
        says(score=3),
        says(weight=99),
        Told(b"x" * 100_000),
    ],
    ids=["error", "redirect", "no JSON", "unknown field", "out of range", "endless"],
)
def test_a_hook_that_fails_publishes_nothing_and_is_counted(hooked: Live, other: Other, answer: Told) -> None:
    hooked.set_policy(publish="clean", hold_at=1)
    before = failures(hooked)
    other.answer = lambda _: answer
    hooked.post()
    (kept,) = waiting(hooked)
    assert [
        signal["check"] for signal in kept["verdict"]["signals"] if signal["check"] in ("hook", "check-failed")
    ] == ["check-failed"]
    assert len(other.requests) == 1, "no redirect is followed, and nothing is asked twice"
    assert failures(hooked) == before + 1


def test_a_hook_that_never_answers_holds_the_comment_no_longer_than_the_limit(
    hooked: Live, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "LIMIT", 0.2)
    hooked.set_policy(publish="clean", hold_at=1)
    other.answer = other.never
    hooked.post()
    assert len(waiting(hooked)) == 1


def test_a_hook_on_this_machine_needs_the_operators_word(live: Live, other: Other) -> None:
    live.set_policy(hook_url=f"{other.url}/judge")
    live.post()
    assert not other.requests
    assert "could not be asked" in waiting(live)[0]["verdict"]["reasons"][0]


def test_trials_ask_nobody(hooked: Live, other: Other) -> None:
    with hooked.moderator() as client:
        assert client.post(f"{hooked.api}/check", json={"body": "a trial"}).status_code == 200
    assert not other.requests


def test_a_first_hook_gets_a_secret_and_a_bad_address_an_explanation() -> None:
    site = new_site("blog", ["https://blog.example"])
    assert Webhook(changed_site(site, ["hook_url=https://hooks.example/x"]).policy.hook_secret)
    for address in ("hooks.example", "ftp://hooks.example", "https://me:secret@hooks.example/", "https://"):
        with pytest.raises(Invalid, match="hook_url"):
            changed_site(site, [f"hook_url={address}"])
    with pytest.raises(Invalid, match="hook_secret"):
        changed_site(site, ["hook_secret=short"])
