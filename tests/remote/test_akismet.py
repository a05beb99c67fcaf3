"""Akismet as a client: its whole payload, its word among the others, and what it judged wrongly reported back.

The service asked is a second Gatepost, which speaks the protocol, or a server that keeps what it is sent.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.conftest import Live, running, settings_in, wait_for
from tests.remote.conftest import Other, Sent, Told

SPAM = {
    "author": "Cheap Pills Online",
    "website": "https://pills.example/buy/viagra",
    "body": "Great post! Buy cheap viagra https://pills.example/buy https://casino.example/win now!!!",
}


def fields(sent: Sent) -> dict[str, str]:
    return dict(parse_qsl(sent.body.decode()))


def signals(live: Live, comment_id: str) -> list[dict[str, Any]]:
    with live.moderator() as client:
        queue = [client.get(f"{live.api}/queue?status={status}").json()["items"] for status in ("pending", "spam")]
    (found,) = [item for items in queue for item in items if item["id"] == comment_id]
    return [signal for signal in found["verdict"]["signals"] if signal["check"] in ("akismet", "check-failed")]


@pytest.fixture
def judged_by(asking: Live, other: Other) -> Live:
    asking.set_policy(akismet_key="k3y", akismet_url=other.url)
    other.answer = lambda _: Told(b"false")
    return asking


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Live]:
    """A second Gatepost that judges for the first."""
    folder = tmp_path / "judge"
    folder.mkdir()
    yield from running(settings_in(folder))


def test_another_gatepost_judges_by_the_akismet_protocol(asking: Live, judge: Live) -> None:
    asking.set_policy(akismet_key=judge.token(), akismet_url=judge.url)
    assert signals(asking, asking.post(**SPAM))[0]["weight"] > 4
    (ham,) = signals(asking, asking.post())
    assert ham["weight"] < 0 and ham["detail"] == "Akismet does not call it spam"


def test_another_gatepost_learns_from_what_it_judged_wrongly(asking: Live, judge: Live) -> None:
    asking.set_policy(akismet_key=judge.token(), akismet_url=judge.url)
    asking.decide("spam", asking.post())

    def learned() -> int:
        with judge.moderator() as client:
            return int(client.get(f"{judge.api}/learning").json()["spam"])

    wait_for(lambda: learned() == 1)


def test_the_whole_payload_is_sent(judged_by: Live, other: Other) -> None:
    judged_by.post(
        author="Ann",
        email="ann@example.org",
        website="https://ann.example",
        body="Thanks — it helped.",
        url="https://blog.example/post",
        language="en",
        trap="filled",
    )
    (sent,) = other.requests
    assert sent.path == "/1.1/comment-check"
    told = fields(sent)
    assert told.pop("comment_date_gmt")
    assert told.pop("user_agent").startswith("python-httpx")
    assert told == {
        "api_key": "k3y",
        "blog": "https://blog.example",
        "user_ip": "127.0.0.1",
        "referrer": "https://blog.example/post",
        "permalink": "https://blog.example/post",
        "comment_type": "comment",
        "comment_author": "Ann",
        "comment_author_email": "ann@example.org",
        "comment_author_url": "https://ann.example",
        "comment_content": "Thanks — it helped.",
        "blog_lang": "en",
        "blog_charset": "UTF-8",
        "honeypot_field_name": "trap",
        "trap": "filled",
    }


def test_what_it_calls_blatant_weighs_more(judged_by: Live, other: Other) -> None:
    other.answer = lambda _: Told(b"true")
    spam = signals(judged_by, judged_by.post())[0]["weight"]
    other.answer = lambda _: Told(b"true", headers={"X-akismet-pro-tip": "discard"})
    assert signals(judged_by, judged_by.post(body="Another one."))[0]["weight"] > spam


def test_only_what_it_judged_wrongly_is_reported(judged_by: Live, other: Other) -> None:
    missed, fine = judged_by.post(), judged_by.post(body="It helped me too.")
    other.answer = lambda _: Told(b"true")
    caught, wronged = judged_by.post(body="Buy now."), judged_by.post(body="Kind words.")
    other.requests.clear()
    other.answer = lambda _: Told(b"Thanks for making the web a better place.")
    judged_by.decide("spam", missed, caught)
    judged_by.decide("approve", fine, wronged)
    wait_for(lambda: len(other.requests) == 2)
    assert {(sent.path, fields(sent)["comment_content"]) for sent in other.requests} == {
        ("/1.1/submit-spam", "Thank you, that helped my back a great deal."),
        ("/1.1/submit-ham", "Kind words."),
    }


@pytest.mark.parametrize(
    "answer", [Told(b"invalid", headers={"X-akismet-debug-help": "no such key"}), Told(status=500)]
)
def test_a_refusal_gives_no_signal_and_holds(judged_by: Live, other: Other, answer: Told) -> None:
    other.answer = lambda _: answer
    (only,) = signals(judged_by, judged_by.post())
    assert only["check"] == "check-failed" and only["weight"] == 0


def test_decisions_do_not_wait_for_its_answer(judged_by: Live, other: Other) -> None:
    posted = judged_by.post()
    other.answer = other.never
    assert judged_by.decide("spam", posted)["decided"] == [posted]
