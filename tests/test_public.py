"""What readers' browsers meet: posting, reading, and looking after one's own comment."""

import gzip
import json
import threading
from itertools import takewhile
from typing import Any

import brotli
import pytest

from service.clock import MINUTE
from service.store.comments import Cursor
from service.threads import encode_cursor
from tests.conftest import ORIGIN, Live, draft


def test_a_comment_is_held_then_approved_then_read(live: Live) -> None:
    comment_id = live.post(body="My **sciatica** is better.")
    assert live.read()["comments"] == []
    live.approve(comment_id)
    page = live.read()
    assert page["thread"] == {"key": "/post", "title": None, "url": None, "open": True, "count": 1}
    assert page["next"] is None
    (comment,) = page["comments"]
    assert comment["id"] == comment_id
    assert comment["author"] == "A reader"
    assert comment["html"] == "<p>My <strong>sciatica</strong> is better.</p>"
    assert comment["parent_id"] is None
    assert comment["created_at"].endswith("Z")


def test_the_answer_to_a_held_comment_says_so_and_opens_it_to_its_author(live: Live) -> None:
    with live.client() as client:
        answer = client.post(f"{live.api}/comments", json=draft())
    assert answer.status_code == 202
    assert set(answer.json()) == {"id", "status", "edit_token", "edit_until", "html"}
    assert answer.json()["status"] == "pending"
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_clean_comment_is_published_at_once_where_the_policy_says_so(live: Live) -> None:
    live.set_policy(publish="clean", hold_at=1.0)
    with live.client() as client:
        answer = client.post(f"{live.api}/comments", json=draft())
    assert (answer.status_code, answer.json()["status"]) == (201, "approved")
    assert live.read()["thread"]["count"] == 1


def test_spam_is_answered_just_like_a_comment_that_waits(live: Live) -> None:
    spam = "Cheap viagra at https://pills.example, casino bonus at https://casino.example, click here now!!!"
    with live.client() as client:
        answer = client.post(f"{live.api}/comments", json=draft(body=spam, author="Cheap Pills"))
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    with live.moderator() as moderator:
        assert moderator.get(f"{live.api}/queue?status=spam").json()["total"] == 1


def test_nothing_private_leaves_with_a_thread(live: Live) -> None:
    live.approve(live.post(email="someone@mail.example", website="https://someone.example", author="Someone"))
    with live.client() as client:
        text = client.get(f"{live.api}/comments", params={"thread": "/post"}).text
    assert "mail.example" not in text
    assert "127.0.0.1" not in text
    assert "https://someone.example" in text


def test_the_same_key_makes_one_comment_and_gives_one_answer(live: Live) -> None:
    with live.client(**{"idempotency-key": "a-key"}) as client:
        first = client.post(f"{live.api}/comments", json=draft())
        second = client.post(f"{live.api}/comments", json=draft())
    assert first.json() == second.json()
    assert (first.status_code, second.status_code) == (202, 202)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    with live.moderator() as moderator:
        assert moderator.get(f"{live.api}/queue").json()["total"] == 1


def test_the_same_key_sent_fifty_times_at_once_makes_one_comment(live: Live) -> None:
    answers: list[dict[str, Any]] = []

    def post() -> None:
        with live.client(**{"idempotency-key": "a-key"}) as client:
            answer = client.post(f"{live.api}/comments", json=draft())
            answers.append(answer.json() | {"code": answer.status_code})

    threads = [threading.Thread(target=post) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 50
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["code"] == 202


def test_the_same_key_for_another_comment_is_refused(live: Live) -> None:
    with live.client(**{"idempotency-key": "a-key"}) as client:
        client.post(f"{live.api}/comments", json=draft())
        answer = client.post(f"{live.api}/comments", json=draft(body="Something else"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", f"{ORIGIN}.evil.example", f"{ORIGIN}:8443", ORIGIN.upper(), "http://blog.example"],
)
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_a_foreign_page_may_not_post(live: Live, origin: str, method: str) -> None:
    with live.client(origin=origin) as client:
        answer = client.request(method, f"{live.api}/comments", json=draft() if method == "POST" else None)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/problems/origin-refused")
    assert "access-control-allow-origin" not in answer.headers


def test_the_sites_own_pages_may_post_and_may_read_the_errors(live: Live) -> None:
    with live.client(origin=ORIGIN) as client:
        preflight = client.options(f"{live.api}/comments")
        good = client.post(f"{live.api}/comments", json=draft())
        bad = client.post(f"{live.api}/comments", json={})
        large = client.post(f"{live.api}/comments", json=draft(body="x" * 70_000))
    assert (preflight.status_code, good.status_code, bad.status_code, large.status_code) == (204, 202, 422, 413)
    for answer in (preflight, good, bad, large):
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Origin" in answer.headers["vary"]
    assert "Idempotency-Key" in preflight.headers["access-control-allow-headers"]


def test_reading_is_open_to_every_origin_even_when_it_fails(live: Live) -> None:
    with live.client(origin="https://anyone.example") as client:
        for path in (
            f"{live.api}/comments?thread=/post",
            f"{live.api}/counts?thread=a",
            "/api/v1/sites/none/comments?thread=a",
        ):
            answer = client.get(path)
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers


def test_an_unknown_site_is_not_found(live: Live) -> None:
    with live.client() as client:
        assert client.get("/api/v1/sites/none/comments?thread=a").status_code == 404
        assert client.post("/api/v1/sites/none/comments", json=draft()).status_code == 404


def test_a_closed_site_takes_no_comments_and_goes_on_being_read(live: Live) -> None:
    live.approve(live.post())
    with live.client() as client:
        before = client.get(f"{live.api}/comments?thread=/post").headers["etag"]
        live.set_policy(open=False)
        answer = client.post(f"{live.api}/comments", json=draft())
        after = client.get(f"{live.api}/comments?thread=/post", headers={"if-none-match": before})
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("thread-closed")
    assert after.status_code == 200
    assert after.json()["thread"]["open"] is False


def test_a_thread_has_a_strong_tag_that_changes_only_when_readers_would_see_a_change(live: Live) -> None:
    live.approve(live.post())
    with live.client() as client:
        first = client.get(f"{live.api}/comments?thread=/post")
        assert first.headers["etag"].startswith('"')
        waiting = live.post(body="another one that waits")
        again = client.get(f"{live.api}/comments?thread=/post", headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""
        live.approve(waiting)
        changed = client.get(f"{live.api}/comments?thread=/post", headers={"if-none-match": first.headers["etag"]})
        assert changed.status_code == 200
        assert changed.json()["thread"]["count"] == 2


def test_a_thread_comes_packed_as_the_browser_likes_it(live: Live) -> None:
    live.approve(live.post(body="word " * 200))
    tags = set()
    for accept, unpack in (
        ("identity", bytes),
        ("gzip", gzip.decompress),
        ("gzip, br", brotli.decompress),
        ("br;q=0, gzip", gzip.decompress),
    ):
        with (
            live.client(**{"accept-encoding": accept}) as client,
            client.stream("GET", f"{live.api}/comments?thread=/post") as answer,
        ):
            packed = b"".join(answer.iter_raw())
        assert json.loads(unpack(packed))["thread"]["count"] == 1
        assert answer.headers["vary"] == "Accept-Encoding"
        tags.add(answer.headers["etag"])
    assert len(tags) == 3


@pytest.mark.parametrize("sort", ["oldest", "newest", "top"])
def test_pages_by_cursor_show_every_comment_once_in_order(live: Live, sort: str) -> None:
    ids = [live.post(body=f"comment number {n}") for n in range(7)]
    live.approve()
    seen: list[str] = []
    cursor = None
    while True:
        page = live.read(sort=sort, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [comment["id"] for comment in page["comments"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == (ids if sort == "oldest" else ids[::-1])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"sort": "best"}, "sort"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "!!!"}, "cursor"),
        ({"cursor": encode_cursor(Cursor(2**63, "a"))}, "cursor"),
        ({"cursor": encode_cursor(Cursor(1, "a\0b"))}, "cursor"),
        ({"cursor": encode_cursor(Cursor(1, "a", 2**63))}, "cursor"),
        ({"thread": ""}, "thread"),
        ({"thread": "x" * 513}, "thread"),
        ({"thread": "a\u0000b"}, "thread"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_question_about_a_thread_names_the_field(live: Live, query: dict[str, str], field: str) -> None:
    with live.client() as client:
        answer = client.get(f"{live.api}/comments", params={"thread": "/post"} | query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_counts_come_in_one_request(live: Live) -> None:
    live.approve(live.post(thread="/a"), live.post(thread="/a"), live.post(thread="/b"))
    live.post(thread="/c")
    with live.client() as client:
        answer = client.get(f"{live.api}/counts?thread=/a&thread=/b&thread=/c&thread=/d")
        assert answer.json() == {"counts": {"/a": 2, "/b": 1, "/c": 0, "/d": 0}}
        assert client.get(f"{live.api}/counts").status_code == 422
        too_many = client.get(f"{live.api}/counts", params=[("thread", str(n)) for n in range(101)])
        assert too_many.status_code == 422


def test_a_preview_looks_as_the_comment_will(live: Live) -> None:
    with live.client(origin=ORIGIN) as client:
        answer = client.post(f"{live.api}/preview", json={"body": "*so* <script>alert(1)</script>"})
    assert answer.json() == {"html": "<p><em>so</em> &lt;script&gt;alert(1)&lt;/script&gt;</p>"}


class Author:
    """Somebody who has just posted."""

    def __init__(self, live: Live, **fields: Any) -> None:
        self.live = live
        with live.client() as client:
            self.receipt = client.post(f"{live.api}/comments", json=draft(**fields)).json()
        self.id = self.receipt["id"]
        self.address = f"{live.api}/comments/{self.id}"
        self.key = {"authorization": f"Bearer {self.receipt['edit_token']}"}

    def edit(self, body: str, **headers: str) -> Any:
        with self.live.client(**(self.key | headers)) as client:
            return client.patch(self.address, json={"body": body})

    def delete(self) -> Any:
        with self.live.client(**self.key) as client:
            return client.delete(self.address)


def test_an_author_may_edit_and_the_new_text_is_judged_again(live: Live) -> None:
    author = Author(live)
    live.approve(author.id)
    answer = author.edit("Now **with** more.")
    assert answer.status_code == 200
    assert answer.json()["html"] == "<p>Now <strong>with</strong> more.</p>"
    assert answer.json()["status"] == "pending"
    assert live.read()["comments"] == []
    assert live.read()["thread"]["count"] == 0
    live.approve(author.id)
    assert live.read()["comments"][0]["edited_at"] is not None


def test_the_edit_window_ends(live: Live) -> None:
    author = Author(live)
    live.clock.turn(16 * MINUTE)
    assert author.edit("too late").status_code == 403
    assert author.delete().status_code == 403


def test_only_the_author_may_edit_or_delete(live: Live) -> None:
    author, other = Author(live), Author(live, body="somebody else's")
    for key in ({}, other.key, {"authorization": "Bearer nonsense"}, {"authorization": f"Bearer {live.token()}"}):
        with live.client(**key) as client:
            assert client.patch(author.address, json={"body": "mine now"}).status_code == 401
            assert client.delete(author.address).status_code == 401


def test_an_author_may_delete_and_everything_personal_goes(live: Live) -> None:
    author = Author(live, body="a secret", email="me@mail.example", author="Nobody in particular")
    live.approve(author.id)
    reply = live.post(parent_id=author.id, body="an answer to it")
    live.approve(reply)
    assert author.delete().status_code == 204
    assert [comment["id"] for comment in live.read()["comments"]] == [reply]
    assert live.read()["thread"]["count"] == 1
    assert author.delete().status_code == 404
    with live.moderator() as moderator:
        text = moderator.get(f"{live.api}/queue?status=deleted").text
    for gone in ("a secret", "mail.example", "Nobody in particular"):
        assert gone not in text
    assert live.decide("restore", author.id)["skipped"][0]["id"] == author.id


def test_a_turned_down_comment_cannot_be_edited_back(live: Live) -> None:
    author = Author(live)
    live.decide("reject", author.id)
    assert author.edit("please?").status_code == 409


def test_a_turned_down_comment_can_still_be_taken_back(live: Live) -> None:
    author = Author(live)
    live.decide("reject", author.id)
    assert author.delete().status_code == 204


def test_previews_are_limited_too(limited: Live) -> None:
    with limited.client() as client:
        asked = (client.post(f"{limited.api}/preview", json={"body": "*so*"}).status_code for _ in range(200))
        passed = list(takewhile(lambda status: status == 200, asked))
    assert 60 <= len(passed) < 100, "sixty at once, and one more each second"


def test_an_edit_does_not_free_a_comment_from_the_spam_folder(live: Live) -> None:
    author = Author(live)
    live.decide("spam", author.id)
    answer = author.edit("An innocent text now.")
    assert (answer.status_code, answer.json()["status"]) == (200, "pending")
    with live.moderator() as moderator:
        assert moderator.get(f"{live.api}/queue?status=spam").json()["total"] == 1


def test_a_reply_needs_a_parent_that_readers_can_see(live: Live) -> None:
    approved, waiting, elsewhere = live.post(), live.post(body="waits"), live.post(thread="/other")
    live.approve(approved, elsewhere)
    live.approve(live.post(parent_id=approved))
    with live.client() as client:
        for parent in (waiting, elsewhere, "0" * 32):
            answer = client.post(f"{live.api}/comments", json=draft(parent_id=parent))
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["field"] == "parent_id"


def test_replies_have_a_deepest_floor(live: Live) -> None:
    live.set_policy(depth_max=1)
    first = live.post()
    live.approve(first)
    second = live.post(parent_id=first)
    live.approve(second)
    with live.client() as client:
        answer = client.post(f"{live.api}/comments", json=draft(parent_id=second))
    assert answer.status_code == 422
    assert "1 deep" in answer.json()["errors"][0]["detail"]


def test_what_a_stranger_says_of_the_page_is_not_shown_before_a_moderator_has_seen_it(live: Live) -> None:
    bad = live.post(title="Cheap pills", url="https://evil.example/pills")
    good = live.post(title="On sciatica", url=f"{ORIGIN}/post")
    live.approve(good)
    assert live.read()["thread"]["title"] == "On sciatica"
    assert live.read()["thread"]["url"] == f"{ORIGIN}/post"
    live.approve(bad)
    assert live.read()["thread"]["title"] == "On sciatica"


def test_too_many_comments_from_one_address_are_slowed_down(limited: Live) -> None:
    with limited.client(**{"x-forwarded-for": "203.0.113.7"}) as client:
        answers = [client.post(f"{limited.api}/comments", json=draft(body=f"number {n}")) for n in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].json()["type"].endswith("too-fast")


def test_fifty_comments_at_once_pass_the_limit_five_times(limited: Live) -> None:
    statuses: list[int] = []

    def post(number: int) -> None:
        with limited.client() as client:
            statuses.append(client.post(f"{limited.api}/comments", json=draft(body=f"number {number}")).status_code)

    threads = [threading.Thread(target=post, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(statuses)) == [202, 429]
    assert statuses.count(202) == 5


@pytest.mark.parametrize("body", ["---", "[](https://a.example)", "\u200b\u2060", "\u3164", "> "])
def test_a_text_that_shows_nothing_is_refused(live: Live, body: str) -> None:
    with live.client() as client:
        answer = client.post(f"{live.api}/comments", json=draft(body=body))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")
        assert client.post(f"{live.api}/comments", json=draft(body="🙂")).status_code == 202


def test_a_repeat_gets_the_first_answer_even_after_an_edit(live: Live) -> None:
    with live.client(**{"idempotency-key": "a-key"}) as client:
        first = client.post(f"{live.api}/comments", json=draft())
        bearer = {"authorization": f"Bearer {first.json()['edit_token']}"}
        own = f"{live.api}/comments/{first.json()['id']}"
        assert client.patch(own, json={"body": "A second thought."}, headers=bearer).status_code == 200
        again = client.post(f"{live.api}/comments", json=draft())
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert client.delete(own, headers=bearer).status_code == 204
        gone = client.post(f"{live.api}/comments", json=draft())
    assert (gone.status_code, "deleted" in gone.json()["detail"]) == (409, True)


def test_a_page_keeps_the_name_that_its_comments_give_it_and_loses_it_with_them(live: Live) -> None:
    def page() -> tuple[str | None, str | None]:
        thread = live.read()["thread"]
        return thread["title"], thread["url"]

    first = live.post(title="A stranger's joke", url=f"{ORIGIN}/joke")
    second = live.post(title="Massage for sciatica", url=f"{ORIGIN}/post", body="Another one.")
    batch = live.decide("approve", first)["batch"]
    assert page() == ("A stranger's joke", f"{ORIGIN}/joke")
    live.approve(second)
    assert page() == ("A stranger's joke", f"{ORIGIN}/joke")
    with live.moderator() as moderator:
        moderator.post(f"{live.api}/decisions/{batch}/undo")
    assert page() == ("Massage for sciatica", f"{ORIGIN}/post")
    live.decide("delete", second)
    assert page() == (None, None)


def test_a_page_of_another_site_is_never_a_threads_address(live: Live) -> None:
    live.approve(live.post(title="A page", url="https://blog.example.evil.example/"))
    assert live.read()["thread"] == {"key": "/post", "title": "A page", "url": None, "open": True, "count": 1}


def test_threads_that_nobody_wrote_in_take_no_room(live: Live) -> None:
    live.approve(live.post())
    cursor = encode_cursor(Cursor(1, "a" * 64))
    with live.client() as client:
        for number in range(5):
            assert client.get(f"{live.api}/comments", params={"thread": f"/none/{number}"}).status_code == 200
        padded = client.get(f"{live.api}/comments", params={"thread": "/post", "cursor": cursor + "A" * 600})
        assert padded.status_code == 422
        assert client.get(f"{live.api}/comments", params={"thread": "/post", "cursor": cursor}).status_code == 200
