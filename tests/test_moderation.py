"""What moderators meet: the queue, decisions, undo, and who may do what."""

import asyncio
import sys
from typing import Any

import pytest

from service.store import queue as queue_store
from tests.conftest import Live, draft


def queue(live: Live, **query: Any) -> dict[str, Any]:
    with live.moderator() as moderator:
        answer = moderator.get(f"{live.api}/queue", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def statuses(live: Live) -> dict[str, set[str]]:
    return {
        status: {item["id"] for item in queue(live, status=status)["items"]}
        for status in ("pending", "approved", "rejected", "spam", "deleted")
    }


def test_the_queue_shows_the_comment_with_its_reasons(live: Live) -> None:
    body = "Buy cheap viagra at https://pills.example/buy and https://casino.example/win now!!! Click here."
    comment_id = live.post(author="Cheap Pills", email="p@mail.example", website="https://pills.example", body=body)
    found = [item for status in ("pending", "spam") for item in queue(live, status=status)["items"]]
    (item,) = found
    assert item["id"] == comment_id
    assert (item["author"], item["email"], item["body"]) == ("Cheap Pills", "p@mail.example", body)
    verdict = item["verdict"]
    assert verdict["spam_probability"] > 0.5
    assert 1 <= len(verdict["reasons"]) <= 5
    assert {"check", "weight", "detail"} <= set(verdict["signals"][0])
    for signal in verdict["signals"]:
        for start, end in signal.get("spans", []):
            assert 0 <= start < end <= len(body)
    assert item["history"] == []


def test_the_queue_pages_by_cursor(live: Live) -> None:
    ids = [live.post(body=f"number {n}") for n in range(5)]
    first = queue(live, limit=2)
    second = queue(live, limit=2, cursor=first["next"])
    third = queue(live, limit=2, cursor=second["next"])
    assert [item["id"] for page in (first, second, third) for item in page["items"]] == ids
    assert (first["total"], third["next"]) == (5, None)
    assert [item["id"] for item in queue(live, sort="newest")["items"]] == ids[::-1]


def test_the_queue_can_be_searched(live: Live) -> None:
    back = live.post(body="my lower BACK hurts", author="Ann", email="ann@mail.example", thread="/a")
    percent = live.post(body="100% better_now", author="Ben", thread="/b")
    found = {
        "back": {"q": "lower back"},
        "percent": {"q": "100%"},
        "underscore": {"q": "better_"},
        "name": {"author": "ben"},
        "mail": {"author": "ANN@mail.example"},
        "thread": {"thread": "/a"},
        "nothing": {"q": "%"},
        "quote": {"q": "' or 1=1 --"},
    }
    answers = {name: [item["id"] for item in queue(live, **query)["items"]] for name, query in found.items()}
    assert answers == {
        "back": [back],
        "percent": [percent],
        "underscore": [percent],
        "name": [percent],
        "mail": [back],
        "thread": [back],
        "nothing": [percent],
        "quote": [],
    }


def test_a_search_finds_words_in_any_order_and_how_they_begin(live: Live) -> None:
    massage = live.post(body="A massage for sciatica: helps, said the nurse-in-chief (really)!", author="O'Brien")
    chinese = live.post(body="按摩对坐骨神经痛有帮助。", author="李")
    found = {
        "sciatica massage": [massage],
        "massag sciat": [massage],
        "iatica": [],
        '"nurse-in-chief" (really)': [massage],
        "o'brien": [massage],
        "massage & sciatica | none": [],
        "massage heron": [],
        "坐骨神经痛": [chinese],
        "李": [chinese],
        "!": [massage],
    }
    assert {q: [item["id"] for item in queue(live, q=q)["items"]] for q in found} == found


def test_a_search_finds_an_edited_comment_by_its_new_words_alone(live: Live) -> None:
    with live.client() as client:
        posted = client.post(f"{live.api}/comments", json=draft(body="About herons.")).json()
        bearer = {"authorization": f"Bearer {posted['edit_token']}"}
        client.patch(f"{live.api}/comments/{posted['id']}", json={"body": "About storks."}, headers=bearer)
    assert [queue(live, q=q)["total"] for q in ("herons", "storks")] == [0, 1]


def test_the_queue_counts_what_it_holds(live: Live) -> None:
    ids = [live.post(body=f"Number {n}.") for n in range(5)]
    live.approve(*ids[:2])
    live.decide("spam", ids[2])
    batch = live.decide("reject", ids[3])["batch"]
    with live.moderator() as moderator:
        moderator.post(f"{live.api}/decisions/{batch}/undo")
    totals = {status: queue(live, status=status)["total"] for status in ("pending", "approved", "spam", "rejected")}
    assert totals == {"pending": 2, "approved": 2, "spam": 1, "rejected": 0}


def test_a_decision_is_kept_with_who_and_when_and_why(live: Live) -> None:
    comment_id = live.post()
    with live.moderator() as moderator:
        wanted = {"ids": [comment_id], "action": "reject", "reason": "off topic"}
        answer = moderator.post(f"{live.api}/decisions", json=wanted).json()
    assert answer["decided"] == [comment_id]
    assert answer["skipped"] == []
    (item,) = queue(live, status="rejected")["items"]
    (entry,) = item["history"]
    assert entry | {"at": ""} == {
        "action": "reject",
        "by": "token tests moderator",
        "at": "",
        "before": "pending",
        "after": "rejected",
        "reason": "off topic",
    }
    assert entry["at"].endswith("Z")


def test_a_decision_that_says_nothing_new_is_skipped_with_the_reason(live: Live) -> None:
    approved, gone = live.post(), live.post(body="another")
    live.approve(approved)
    live.decide("delete", gone)
    answer = live.decide("approve", approved, gone, "0" * 32)
    assert answer["decided"] == []
    assert {skipped["id"]: skipped["detail"] for skipped in answer["skipped"]} == {
        approved: "it is approved already",
        gone: "it is deleted; restore it first",
        "0" * 32: "there is no such comment",
    }


def test_a_decision_by_filter_reaches_all_that_match_and_no_other(live: Live) -> None:
    bad = [live.post(author="Bad", website="https://bad.example", body=f"text {n}") for n in range(3)]
    good = live.post(author="Good")
    with live.moderator() as moderator:
        wanted = {"filter": {"domain": "bad.example"}, "action": "spam"}
        answer = moderator.post(f"{live.api}/decisions", json=wanted).json()
    assert answer["decided"] == bad
    assert statuses(live)["pending"] == {good}


def test_a_domain_means_the_host_and_what_lies_below_it(live: Live) -> None:
    links = {
        "bare": live.post(body="see https://t.co/abc for more"),
        "below": live.post(body="an answer", website="http://www.t.co/x"),
        "longer": live.post(body="see https://microsoft.com/ and https://not-t.co/"),
        "spoken": live.post(body="I read about t.co elsewhere"),
    }
    with live.moderator() as moderator:
        wanted = {"filter": {"domain": "T.co"}, "action": "spam"}
        assert moderator.post(f"{live.api}/decisions", json=wanted).json()["decided"] == [links["bare"], links["below"]]
        wanted = {"filter": {"domain": "co"}, "action": "reject"}
        assert moderator.post(f"{live.api}/decisions", json=wanted).json()["decided"] == []


def test_a_domain_of_an_edited_comment_is_that_of_its_new_text(live: Live) -> None:
    with live.client() as client:
        posted = client.post(f"{live.api}/comments", json=draft(body="see https://one.example/")).json()
        bearer = {"authorization": f"Bearer {posted['edit_token']}"}
        edited = {"body": "see https://two.example/"}
        assert client.patch(f"{live.api}/comments/{posted['id']}", json=edited, headers=bearer).status_code == 200
    with live.moderator() as moderator:
        for domain, decided in (("one.example", []), ("two.example", [posted["id"]])):
            wanted = {"filter": {"domain": domain}, "action": "spam"}
            assert moderator.post(f"{live.api}/decisions", json=wanted).json()["decided"] == decided


def test_a_search_knows_capitals_of_every_alphabet(live: Live) -> None:
    wanted = live.post(author="Ärztin Ökonomou", body="ΓΕΙΆ ΣΟΥ, Привет ÉCOLE")
    for q in ("ÉCOLE", "école", "привет", "ärztin", "ÖKONOMOU"):
        assert [item["id"] for item in queue(live, q=q)["items"]] == [wanted], q
    assert [item["id"] for item in queue(live, author="ÄRZTIN ökonomou")["items"]] == [wanted]


@pytest.mark.parametrize(("field", "text"), [("q", "a" * 50_000), ("author", "a" * 50_000), ("thread", "t" * 50_000)])
def test_a_search_that_is_too_long_names_the_field(live: Live, field: str, text: str) -> None:
    with live.moderator() as moderator:
        answer = moderator.get(f"{live.api}/queue", params={field: text})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_a_text_that_nobody_read_is_not_published(live: Live) -> None:
    with live.client() as client, live.moderator() as moderator:
        posted = client.post(f"{live.api}/comments", json=draft()).json()
        (shown,) = queue(live)["items"]
        bearer = {"authorization": f"Bearer {posted['edit_token']}"}
        edited = client.patch(f"{live.api}/comments/{posted['id']}", json={"body": "Something else."}, headers=bearer)
        assert edited.status_code == 200
        wanted = {"ids": [shown["id"]], "versions": {shown["id"]: shown["version"]}, "action": "approve"}
        answer = moderator.post(f"{live.api}/decisions", json=wanted).json()
        (skipped,) = answer["skipped"]
        assert (answer["decided"], skipped["status"]) == ([], "pending")
        assert "its author changed it" in skipped["detail"]
        (shown,) = queue(live)["items"]
        wanted["versions"] = {shown["id"]: shown["version"]}
        assert moderator.post(f"{live.api}/decisions", json=wanted).json()["decided"] == [shown["id"]]


def test_the_later_of_two_moderators_hears_what_the_first_decided(live: Live) -> None:
    live.post()
    (shown,) = queue(live)["items"]
    live.decide("reject", shown["id"])
    with live.moderator() as moderator:
        wanted = {"ids": [shown["id"]], "versions": {shown["id"]: shown["version"]}, "action": "approve"}
        (skipped,) = moderator.post(f"{live.api}/decisions", json=wanted).json()["skipped"]
    assert skipped["detail"] == "token tests moderator decided since you looked: it is rejected now"
    assert skipped["status"] == "rejected"
    assert statuses(live)["rejected"] == {shown["id"]}


def test_a_filter_is_looked_at_again_before_each_comment_is_decided(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    mild, stays = live.post(body="All is well."), live.post(body="All is fine.")
    chosen = queue_store.ids

    async def then_decided_by_another(*given: Any, **named: Any) -> Any:
        found = await chosen(*given, **named)
        if "among" not in named:
            await asyncio.to_thread(live.decide, "reject", mild)
        return found

    monkeypatch.setattr(queue_store, "ids", then_decided_by_another)
    with live.moderator() as moderator:
        wanted = {"filter": {"status": "pending"}, "action": "approve"}
        answer = moderator.post(f"{live.api}/decisions", json=wanted).json()
    assert answer["decided"] == [stays]
    assert answer["skipped"] == [{"id": mild, "detail": "it no longer matches the filter", "status": "rejected"}]


def test_undo_puts_a_whole_batch_back_and_can_be_undone_itself(live: Live) -> None:
    ids = [live.post(body=f"number {n}") for n in range(3)]
    live.approve(ids[0])
    before = statuses(live)
    batch = live.decide("spam", *ids)["batch"]
    assert statuses(live)["spam"] == set(ids)
    assert live.read()["thread"]["count"] == 0
    with live.moderator() as moderator:
        undone = moderator.post(f"{live.api}/decisions/{batch}/undo").json()
        assert set(undone["decided"]) == set(ids)
        assert statuses(live) == before
        assert live.read()["thread"]["count"] == 1
        again = moderator.post(f"{live.api}/decisions/{batch}/undo").json()
        assert (again["decided"], len(again["skipped"])) == ([], 3)
        redone = moderator.post(f"{live.api}/decisions/{undone['batch']}/undo").json()
        assert set(redone["decided"]) == set(ids)
    assert statuses(live)["spam"] == set(ids)


def test_undo_leaves_alone_what_somebody_decided_since(live: Live) -> None:
    comment_id = live.post()
    batch = live.decide("reject", comment_id)["batch"]
    live.approve(comment_id)
    with live.moderator() as moderator:
        answer = moderator.post(f"{live.api}/decisions/{batch}/undo").json()
    assert answer["skipped"] == [
        {"id": comment_id, "detail": "something else happened to it since", "status": "approved"}
    ]
    assert statuses(live)["approved"] == {comment_id}


def test_an_unknown_batch_is_not_found(live: Live) -> None:
    with live.moderator() as moderator:
        assert moderator.post(f"{live.api}/decisions/none/undo").status_code == 404


def test_many_are_decided_and_undone_at_once(live: Live) -> None:
    ids = {live.post(body=f"number {n}") for n in range(250)}
    with live.moderator() as moderator:
        wanted = {"filter": {"status": "pending"}, "action": "approve"}
        decided = moderator.post(f"{live.api}/decisions", json=wanted).json()
        assert set(decided["decided"]) == ids
        assert live.read()["thread"]["count"] == 250
        undone = moderator.post(f"{live.api}/decisions/{decided['batch']}/undo").json()
    assert set(undone["decided"]) == ids
    assert live.read()["thread"]["count"] == 0


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"action": "approve"}, "ids"),
    ({"action": "approve", "ids": []}, "ids"),
    ({"action": "approve", "ids": ["a"], "filter": {"status": "spam"}}, "ids"),
    ({"action": "approve", "ids": [1]}, "ids"),
    ({"action": "approve", "ids": ["'; drop table comment; --"]}, "ids"),
    ({"action": "publish", "ids": ["a"]}, "action"),
    ({"ids": ["a"]}, "action"),
    ({"action": "spam", "filter": {}}, "filter"),
    ({"action": "spam", "filter": {"status": "odd"}}, "filter"),
    ({"action": "spam", "filter": {"colour": "red"}}, "filter"),
    ({"action": "spam", "filter": {"before": "yesterday"}}, "filter"),
    ({"action": "spam", "filter": {"before": 5}}, "filter"),
    ({"action": "spam", "filter": {"q": ""}}, "filter"),
    ({"action": "spam", "filter": {"thread": "", "status": "pending"}}, "filter"),
    ({"action": "spam", "filter": {"domain": " "}}, "filter"),
    ({"action": "spam", "filter": {"q": "%" * 50_000}}, "filter"),
    ({"action": "spam", "filter": {"domain": "a." * 20_000}}, "filter"),
    ({"action": "spam", "filter": ["status"]}, "filter"),
    ({"action": "spam", "ids": ["a"], "versions": [1]}, "versions"),
    ({"action": "spam", "ids": ["a"], "versions": {"a": "1"}}, "versions"),
    ({"action": "spam", "filter": {"status": "spam"}, "versions": {"a": 1}}, "versions"),
    ({"action": "spam", "ids": ["a"], "reason": "x" * 501}, "reason"),
]


def test_a_bad_decision_names_the_field(live: Live) -> None:
    with live.moderator() as moderator:
        for wanted, field in WRONG:
            answer = moderator.post(f"{live.api}/decisions", json=wanted)
            assert answer.status_code == 422, (wanted, answer.text)
            assert answer.json()["errors"][0]["field"] == field


def test_a_text_can_be_judged_without_being_kept(live: Live) -> None:
    with live.moderator() as moderator:
        verdict = moderator.post(f"{live.api}/check", json={"body": "What a lovely article."}).json()
    assert set(verdict) == {"outcome", "spam_probability", "profanity", "reasons", "signals"}
    assert verdict["outcome"] == "hold"
    assert queue(live)["total"] == 0


PRIVATE = [
    ("GET", "queue", None),
    ("POST", "decisions", {"ids": ["0"], "action": "approve"}),
    ("POST", "decisions/none/undo", {}),
    ("POST", "check", {"body": "text"}),
]


@pytest.mark.parametrize(("method", "path", "content"), PRIVATE)
def test_who_may_use_the_private_half(live: Live, method: str, path: str, content: Any) -> None:
    live.add_site("other")
    stranger, foreign = live.client(), live.moderator(site="other")
    reader, moderator = live.moderator("reader"), live.moderator()
    forged = live.client(authorization="Bearer gp_" + "x" * 43)
    with stranger, foreign, reader, moderator, forged:
        answers = [
            c.request(method, f"{live.api}/{path}", json=content).status_code
            for c in (stranger, forged, foreign, reader, moderator)
        ]
    to_decide = path.startswith("decisions")
    done = 404 if "undo" in path else 200
    assert answers == [401, 401, 404, 403 if to_decide else 200, done]


def test_a_foreign_site_looks_just_like_one_that_does_not_exist(live: Live) -> None:
    live.add_site("other")
    with live.moderator() as moderator:
        other = moderator.get("/api/v1/sites/other/queue").json()
        none = moderator.get("/api/v1/sites/none/queue").json()
    assert other["detail"].replace("other", "none") == none["detail"]


def test_a_comment_of_another_site_cannot_be_decided(live: Live) -> None:
    live.add_site("other")
    with live.client() as client:
        foreign = client.post("/api/v1/sites/other/comments", json=draft()).json()["id"]
    assert live.decide("approve", foreign)["skipped"][0]["detail"] == "there is no such comment"


def test_a_check_that_fails_holds_the_comment_and_says_so(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a mistake in a check")

    live.set_policy(publish="clean", hold_at=1.0)
    monkeypatch.setattr(sys.modules["service.checks.links"], "find", broken)

    def failures(text: str) -> float:
        lines = [line for line in text.splitlines() if line.startswith('gatepost_check_failures_total{check="links"}')]
        return sum(float(line.split()[-1]) for line in lines)

    with live.client() as client:
        before = failures(client.get("/metrics").text)
        answer = client.post(f"{live.api}/comments", json=draft())
        after = failures(client.get("/metrics").text)
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert after == before + 1
    (item,) = queue(live)["items"]
    assert "check-failed" in [signal["check"] for signal in item["verdict"]["signals"]]
    assert "links" in item["verdict"]["reasons"][0]
