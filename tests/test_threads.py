"""One page, one thread: found by the page's address, and merged where there were two."""

import threading
from typing import Any

import httpx2
import pytest

from service.commands.doctor import _counted
from tests.conftest import ORIGIN, Live, draft


def by_url(live: Live, address: str, **query: Any) -> httpx2.Response:
    with live.client() as client:
        return client.get(f"{live.api}/comments", params={"url": f"{ORIGIN}{address}", **query})


def post_by_url(live: Live, address: str, **fields: Any) -> httpx2.Response:
    sent = {name: value for name, value in draft(**fields).items() if name != "thread"}
    with live.client() as client:
        return client.post(f"{live.api}/comments", json=sent | {"url": f"{ORIGIN}{address}"})


def shown(live: Live, thread: str, **fields: Any) -> str:
    comment_id = live.post(thread=thread, **fields)
    live.approve(comment_id)
    return comment_id


def counts(live: Live, *names: str, field: str = "thread") -> list[int]:
    with live.client() as client:
        found = client.get(f"{live.api}/counts", params=[(field, name) for name in names]).json()["counts"]
    return [found[name] for name in names]


def merge(live: Live, one: str, into: str) -> httpx2.Response:
    with live.moderator() as moderator:
        return moderator.post(f"{live.api}/threads/merge", json={"from": one, "into": into})


def ids(answer: httpx2.Response) -> list[str]:
    return [comment["id"] for comment in answer.json()["comments"]]


def test_a_thread_is_found_by_its_pages_address(live: Live) -> None:
    comment_id = shown(live, "/post")
    for address in ("/post", "/post/", "/post?utm_source=letter&fbclid=1", "/post#comments", "/post/index.html"):
        answer = by_url(live, address)
        assert ids(answer) == [comment_id]
        assert answer.json()["thread"]["key"] == "/post"
    assert ids(by_url(live, "/post?page=2")) == []


def test_a_page_that_nobody_wrote_on_has_its_path_as_it_stands(live: Live) -> None:
    assert by_url(live, "/new/").json()["thread"]["key"] == "/new/"
    assert by_url(live, "/new").json()["thread"]["key"] == "/new"


def test_a_named_thread_is_taken_as_it_is(live: Live) -> None:
    shown(live, "/post")
    assert live.read(thread="/post/")["comments"] == []
    assert live.read(thread="/post", url="https://evil.example/")["thread"]["count"] == 1


def test_a_comment_by_address_is_one_of_the_pages_thread(live: Live) -> None:
    first = shown(live, "/post/")
    answer = post_by_url(live, "/post?utm_medium=mail#form", parent_id=first)
    assert answer.status_code == 202, answer.text
    live.approve(answer.json()["id"])
    assert ids(by_url(live, "/post")) == [first, answer.json()["id"]]
    assert live.read(thread="/post/")["thread"]["count"] == 2


def test_the_same_key_by_address_makes_one_comment_even_if_the_thread_has_moved(live: Live) -> None:
    sent = {"author": "A", "body": "Kind words.", "url": f"{ORIGIN}/old"}
    with live.client(**{"idempotency-key": "a-key"}) as client:
        first = client.post(f"{live.api}/comments", json=sent)
        merge(live, "/old", "/new")
        again = client.post(f"{live.api}/comments", json=sent)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")


def test_a_page_with_an_apostrophe_is_a_page(live: Live) -> None:
    comment_id = shown(live, "/it's")
    assert ids(by_url(live, "/it's")) == ids(by_url(live, "/it%27s")) == [comment_id]
    assert post_by_url(live, "/it's").status_code == 202


@pytest.mark.parametrize("url", ["https://evil.example/post", "http://blog.example/post", "/post", "", "javascript:1"])
def test_a_page_of_another_site_is_refused_and_the_field_named(live: Live, url: str) -> None:
    sent = {"author": "A", "body": "Kind words.", "url": url}
    with live.client() as client:
        answers = [client.get(f"{live.api}/{what}", params={"url": url}) for what in ("comments", "counts")]
        posted = client.post(f"{live.api}/comments", json=sent)
    assert [answer.status_code for answer in [*answers, posted]] == [422] * 3
    assert all("url" in [error["field"] for error in answer.json()["errors"]] for answer in answers)
    assert [error["field"] for error in posted.json()["errors"]] == ["url" if url else "thread"]


def test_who_names_neither_a_thread_nor_a_page_is_told_to(live: Live) -> None:
    with live.client() as client:
        listed = client.get(f"{live.api}/comments")
        posted = client.post(f"{live.api}/comments", json={"author": "A", "body": "Kind words."})
    assert [a.json()["errors"][0]["field"] for a in (listed, posted)] == ["thread", "thread"]


def test_a_page_asked_for_by_address_is_kept_ready_and_always_fresh(live: Live) -> None:
    def ready() -> float:
        with live.client() as client:
            lines = client.get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("gatepost_ready_pages_total{"))

    first = by_url(live, "/post/?utm_source=x")
    assert first.headers["cache-control"] == "public, max-age=0, s-maxage=30, stale-if-error=86400"
    before = ready()
    assert by_url(live, "/post/?utm_source=x").headers["etag"] == first.headers["etag"]
    assert ready() == before + 1
    comment_id = shown(live, "/post")
    after = by_url(live, "/post/?utm_source=x")
    assert (ids(after), after.json()["thread"]["key"]) == ([comment_id], "/post")
    assert after.headers["etag"] != first.headers["etag"]


def test_counts_come_by_address_too(live: Live) -> None:
    live.approve(live.post(thread="/a"), live.post(thread="/a"), live.post(thread="/b/"))
    asked = [f"{ORIGIN}{path}" for path in ("/a/?utm_source=x", "/b", "/c")]
    assert counts(live, *asked, field="url") == [2, 1, 0]


def test_merged_threads_are_one_whoever_asks(live: Live) -> None:
    first, second = shown(live, "/old", title="A page"), shown(live, "/new")
    waiting = live.post(thread="/old")
    with live.client() as client:
        before = [client.get(f"{live.api}/comments", params={"thread": key}) for key in ("/old", "/new")]
        answer = merge(live, "/old", "/new")
        assert (answer.status_code, answer.json()) == (200, {"into": "/new", "moved": 2})
        for key, earlier in zip(("/old", "/new"), before, strict=True):
            tag = {"if-none-match": earlier.headers["etag"]}
            after = client.get(f"{live.api}/comments", params={"thread": key}, headers=tag)
            assert (after.status_code, ids(after)) == (200, [first, second])
            thread = after.json()["thread"]
            assert (thread["key"], thread["title"], thread["count"]) == ("/new", "A page", 2)
    assert ids(by_url(live, "/old/")) == [first, second]
    assert counts(live, "/old", "/new", "/none") == [2, 2, 0]
    live.approve(waiting, live.post(thread="/old", parent_id=second), post_by_url(live, "/old").json()["id"])
    assert counts(live, "/old", "/new") == [5, 5]
    assert live.with_database(_counted).level == "ok"


def test_a_chain_of_mergings_leads_to_the_last(live: Live) -> None:
    first = shown(live, "/a")
    shown(live, "/b")
    assert merge(live, "/a", "/b").json() == {"into": "/b", "moved": 1}
    assert merge(live, "/b", "/c").json() == {"into": "/c", "moved": 2}
    for key in ("/a", "/b", "/c"):
        page = live.read(thread=key)
        assert (page["thread"]["key"], page["thread"]["count"], page["comments"][0]["id"]) == ("/c", 2, first)
    shown(live, "/d")
    assert merge(live, "/d", "/a").json() == {"into": "/c", "moved": 1}
    assert counts(live, "/a", "/b", "/c", "/d") == [3, 3, 3, 3]


def test_a_merging_can_be_turned_round(live: Live) -> None:
    shown(live, "/right")
    shown(live, "/wrong")
    merge(live, "/right", "/wrong")
    assert merge(live, "/wrong", "/right").json() == {"into": "/right", "moved": 2}
    for key in ("/right", "/wrong"):
        assert live.read(thread=key)["thread"] == {
            "key": "/right",
            "title": None,
            "url": None,
            "open": True,
            "count": 2,
        }


def test_a_thread_of_comments_that_wait_can_be_merged(live: Live) -> None:
    waiting = live.post(thread="/old")
    assert merge(live, "/old", "/new").json() == {"into": "/new", "moved": 1}
    assert live.read(thread="/old")["thread"]["key"] == "/new"
    live.approve(waiting)
    assert counts(live, "/old", "/new") == [1, 1]


def test_a_decision_from_before_a_merging_can_be_undone(live: Live) -> None:
    comment_id = live.post(thread="/old")
    batch = live.decide("approve", comment_id)["batch"]
    merge(live, "/old", "/new")
    with live.moderator() as moderator:
        assert moderator.post(f"{live.api}/decisions/{batch}/undo").json()["decided"] == [comment_id]
    assert counts(live, "/old", "/new") == [0, 0]
    assert live.with_database(_counted).level == "ok"


def test_an_author_may_change_and_delete_a_comment_that_was_moved(live: Live) -> None:
    with live.client() as client:
        receipt = client.post(f"{live.api}/comments", json=draft(thread="/old")).json()
        live.approve(receipt["id"])
        merge(live, "/old", "/new")
        client.headers["authorization"] = f"Bearer {receipt['edit_token']}"
        own = f"{live.api}/comments/{receipt['id']}"
        assert client.patch(own, json={"body": "A second thought."}).status_code == 200
        live.approve(receipt["id"])
        assert counts(live, "/new") == [1]
        assert client.delete(own).status_code == 204
    assert counts(live, "/old", "/new") == [0, 0]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"from": "/old", "into": "/old"}, 409),
        ({"from": "/none", "into": "/old"}, 404),
        ({"from": "", "into": "/old"}, 422),
        ({"from": "/old"}, 422),
        ({"from": "/old", "into": "x" * 513}, 422),
        ({"from": "/old", "into": "/new", "why": "so"}, 422),
    ],
)
def test_what_cannot_be_merged_is_refused_and_changes_nothing(live: Live, sent: dict[str, str], status: int) -> None:
    shown(live, "/old")
    with live.moderator() as moderator:
        assert moderator.post(f"{live.api}/threads/merge", json=sent).status_code == status
    assert counts(live, "/old", "/new") == [1, 0]


def test_moderators_may_merge_threads_and_nobody_else(live: Live) -> None:
    shown(live, "/old")
    live.add_site("other")
    nobody, stranger, reader, moderator = (
        live.client(),
        live.moderator(site="other"),
        live.moderator("reader"),
        live.moderator(),
    )
    with nobody, stranger, reader, moderator:
        answers = [
            client.post(f"{live.api}/threads/merge", json={"from": "/old", "into": "/new"}).status_code
            for client in (nobody, stranger, reader, moderator)
        ]
    assert answers == [401, 404, 403, 200]


def test_other_sites_have_threads_of_their_own(live: Live) -> None:
    live.add_site("other")
    shown(live, "/old")
    shown(live, "/new")
    with live.client() as client:
        client.post("/api/v1/sites/other/comments", json=draft(thread="/old"))
        merge(live, "/old", "/new")
        there = client.get("/api/v1/sites/other/comments", params={"thread": "/old"}).json()
    assert there["thread"]["key"] == "/old"
    with live.moderator(site="other") as moderator:
        assert moderator.get("/api/v1/sites/other/queue").json()["items"][0]["thread"] == "/old"


def test_whoever_reads_and_writes_while_threads_are_merged_loses_nothing(live: Live) -> None:
    live.set_policy(publish="clean", hold_at=1.0)
    shown_at_once, stop = list[str](), threading.Event()

    def write() -> None:
        with live.client() as client:
            while not stop.is_set():
                answer = client.post(f"{live.api}/comments", json=draft(thread="/old", body="A kind word."))
                shown_at_once.append(answer.json()["id"])

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(5):
            answers = [merge(live, "/old", "/new"), merge(live, "/new", "/old")]
            assert {answer.status_code for answer in answers} <= {200, 404}
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert counts(live, "/old", "/new") == [len(shown_at_once)] * 2
    assert live.with_database(_counted).level == "ok"
