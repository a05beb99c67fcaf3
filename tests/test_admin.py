"""The admin page over HTTP alone: who gets in, what they may do, and what every answer says to the browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import httpx2
import pytest

from service.app import SIGN_IN_RATE
from service.clock import DAY, MINUTE
from service.model import Signal
from service.policy import Policy
from service.store import people
from service.store.database import Database
from service.web.cards import ago, band, chip
from service.web.pages import own_path, with_query
from tests.conftest import OWNER, Live, draft

PASSWORD = "three goats on a hill"
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! type=\"module\" src=)")


@contextmanager
def signed_in(live: Live, email: str = OWNER) -> Iterator[httpx2.Client]:
    with live.client() as client:
        assert client.post(live.login_link(email)).status_code == 303
        yield client


def csrf(page: httpx2.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def queue_text(client: httpx2.Client, status: str = "pending") -> str:
    answer = client.get("/admin/demo/", params={"status": status})
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def decide(client: httpx2.Client, action: str, *ids: str, **more: str) -> httpx2.Response:
    form = {"csrf": csrf(client.get("/admin/demo/")), "id": list(ids), "action": action, "back": "/admin/demo/"} | more
    return client.post("/admin/demo/decisions", data=form)


def set_password(client: httpx2.Client, password: str = PASSWORD) -> httpx2.Response:
    form = {"csrf": csrf(client.get("/admin/account")), "password": password, "again": password}
    return client.post("/admin/account", data=form)


def test_a_sign_in_link_works_once_and_only_when_its_button_is_pressed(live: Live) -> None:
    link = live.login_link()
    with live.client() as client, live.client() as second:
        for _ in range(3):
            page = client.get(link)
            assert page.status_code == 200 and "set-cookie" not in page.headers
        signing_in = client.post(link)
        assert signing_in.status_code == 303 and signing_in.headers["location"] == "/admin/"
        cookie = signing_in.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
        again = second.post(link)
        assert again.status_code == 401 and "used or has expired" in again.text
        assert "set-cookie" not in again.headers


def test_a_sign_in_link_dies_after_an_hour(live: Live) -> None:
    link = live.login_link()
    live.clock.turn(61 * MINUTE)
    with live.client() as client:
        assert client.post(link).status_code == 401


def test_who_looks_after_one_site_lands_on_its_queue_and_who_has_several_chooses(live: Live) -> None:
    with signed_in(live) as client:
        assert client.get("/admin/").headers["location"] == "/admin/demo/"
        live.add_site("second")
        live.add_moderator(OWNER, "moderator", "second")
        chooser = client.get("/admin/")
        assert chooser.status_code == 200 and "/admin/second/" in chooser.text and "/admin/demo/" in chooser.text


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(live: Live) -> None:
    with signed_in(live) as client:
        assert set_password(client).status_code == 303
    with live.client() as client:
        wrong, unknown = (
            client.post("/admin/sign-in", data={"email": email, "password": "not the password"})
            for email in (OWNER, "nobody@blog.example")
        )
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.text.replace(OWNER, "") == unknown.text.replace("nobody@blog.example", "")
        right = client.post("/admin/sign-in", data={"email": OWNER.upper(), "password": PASSWORD})
        assert right.status_code == 303


def test_guessing_passwords_is_slowed_down(live: Live) -> None:
    with live.client() as client:
        answers = [
            client.post("/admin/sign-in", data={"email": OWNER, "password": f"guess {i}"})
            for i in range(SIGN_IN_RATE.requests + 1)
        ]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429]
        assert int(answers[-1].headers["retry-after"]) >= 1 and "Too many requests" in answers[-1].text


def test_an_expired_session_gets_the_sign_in_page_and_comes_back_to_where_it_was(live: Live) -> None:
    with signed_in(live) as client:
        set_password(client)
        live.clock.turn(15 * DAY)
        page = client.get("/admin/demo/?status=spam&q=goat")
        assert page.status_code == 401 and "You have been signed out" in page.text
        back = re.search(r'name="back" value="([^"]+)"', page.text)
        assert back
        form = {"email": OWNER, "password": PASSWORD, "back": unescape(back[1])}
        assert client.post("/admin/sign-in", data=form).headers["location"] == "/admin/demo/?status=spam&q=goat"


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "/admin//evil.example",
        "/admin/\r\nX: y",
        "/demo/",
        "",
        None,
    ],
)
def test_the_way_back_never_leaves_the_admin_page(path: str | None) -> None:
    assert own_path(path) == "/admin/"


def test_a_way_back_keeps_its_query_and_names_one_batch() -> None:
    assert with_query("/admin/demo/?q=a&batch=old", batch="new") == "/admin/demo/?q=a&batch=new"


def test_signing_in_changes_the_session_and_ends_the_one_before(live: Live) -> None:
    with signed_in(live) as client:
        before = dict(client.cookies)
        client.post(live.login_link())
        assert dict(client.cookies) != before
        with live.client() as old:
            old.cookies.update(before)
            assert old.get("/admin/demo/").status_code == 401


def test_signing_out_kills_the_session_and_not_only_the_cookie(live: Live) -> None:
    with signed_in(live) as client, live.client() as copy:
        copy.cookies.update(client.cookies)
        assert copy.get("/admin/demo/").status_code == 200
        client.post("/admin/sign-out", data={"csrf": csrf(client.get("/admin/demo/"))})
        assert copy.get("/admin/demo/").status_code == 401


def test_signing_out_everywhere_ends_every_session(live: Live) -> None:
    with signed_in(live) as first, signed_in(live) as second:
        first.post("/admin/sign-out", data={"csrf": csrf(first.get("/admin/account")), "everywhere": "yes"})
        assert second.get("/admin/demo/").status_code == 401


def test_a_new_password_signs_every_other_browser_out(live: Live) -> None:
    with signed_in(live) as first, signed_in(live) as second:
        assert set_password(first).status_code == 303
        assert first.get("/admin/account").status_code == 200
        assert second.get("/admin/account").status_code == 401


def test_a_password_that_is_too_short_or_not_the_same_twice_is_refused_with_words(live: Live) -> None:
    with signed_in(live) as client:
        short = set_password(client, "short")
        assert short.status_code == 422 and "needs 10 to 200 characters" in short.text
        form = {"csrf": csrf(client.get("/admin/account")), "password": PASSWORD, "again": f"{PASSWORD}!"}
        assert "not the same in both fields" in client.post("/admin/account", data=form).text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_of_another_site_changes_nothing(live: Live, headers: dict[str, str]) -> None:
    waiting = live.post()
    with signed_in(live) as client:
        form = {"csrf": csrf(client.get("/admin/demo/")), "id": waiting, "action": "approve"}
        assert client.post("/admin/demo/decisions", data=form, headers=headers).status_code == 403
        assert client.post("/admin/sign-in", data={}, headers=headers).status_code == 403
        assert client.post(live.login_link(), headers=headers).status_code == 403
        assert waiting in queue_text(client)


@pytest.mark.parametrize("token", [None, "", "guessed", "\u00e4"])
def test_a_form_without_the_sessions_token_changes_nothing(live: Live, token: str | None) -> None:
    waiting = live.post()
    with signed_in(live) as client:
        form = {"id": waiting, "action": "approve"} | ({"csrf": token} if token is not None else {})
        for path in ("/admin/demo/decisions", "/admin/demo/undo", "/admin/account", "/admin/sign-out"):
            assert client.post(path, data=form).status_code == 403
        assert waiting in queue_text(client)


def test_a_foreign_site_answers_like_one_that_does_not_exist(live: Live) -> None:
    live.add_site("foreign")
    with signed_in(live) as client:
        foreign, unknown = client.get("/admin/foreign/"), client.get("/admin/missing/")
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.text.replace("foreign", "") == unknown.text.replace("missing", "")
        form = {"csrf": csrf(client.get("/admin/demo/")), "id": live.post(), "action": "approve", "batch": "0"}
        assert client.post("/admin/foreign/decisions", data=form).status_code == 404
        assert client.post("/admin/foreign/undo", data=form).status_code == 404


def test_a_role_that_is_taken_away_ends_at_once(live: Live) -> None:
    async def work(database: Database) -> None:
        person = await people.by_email(database, OWNER)
        async with database.transaction() as tx:
            await people.remove_role(tx, "demo", person.id)

    with signed_in(live) as client:
        assert client.get("/admin/demo/").status_code == 200
        live.with_database(work)
        assert client.get("/admin/demo/").status_code == 404


def test_a_decision_and_its_undo_work_as_plain_forms(live: Live) -> None:
    waiting = live.post(body="Walking helps me most.")
    with signed_in(live) as client:
        deciding = decide(client, "approve", waiting, reason="a good point")
        assert deciding.status_code == 303
        page = client.get(deciding.headers["location"])
        assert "1 comment approved." in page.text and waiting not in page.text
        approved = queue_text(client, "approved")
        assert waiting in approved and f"Approved by <bdi>{OWNER}</bdi>" in approved and "a good point" in approved
        assert live.read()["thread"]["count"] == 1
        batch = re.search(r'name="batch" value="([^"]+)"', page.text)
        assert batch
        form = {"csrf": csrf(page), "batch": batch[1], "back": "/admin/demo/"}
        undoing = client.post("/admin/demo/undo", data=form)
        back = client.get(undoing.headers["location"])
        assert "1 comment brought back." in back.text and waiting in back.text
        assert live.read()["thread"]["count"] == 0


def test_several_comments_are_one_batch(live: Live) -> None:
    ids = [live.post(body=f"Stretch number {i} did it for me.") for i in range(3)]
    with signed_in(live) as client:
        page = client.get(decide(client, "spam", *ids).headers["location"])
        assert "3 comments marked as spam." in page.text
        form = {"csrf": csrf(page), "batch": re.findall(r'name="batch" value="([^"]+)"', page.text)[0]}
        client.post("/admin/demo/undo", data=form)
        assert all(one in queue_text(client) for one in ids)


def test_what_somebody_else_decided_first_is_left_alone_and_said(live: Live) -> None:
    waiting = live.post()
    with signed_in(live) as client:
        live.approve(waiting)
        page = client.get(decide(client, "approve", waiting).headers["location"])
        assert "Left alone what had changed since you looked" in page.text


@pytest.mark.parametrize(
    "form",
    [{"action": "approve"}, {"id": "x/../y", "action": "approve"}, {"id": "a", "action": "explode"}, {"id": "a"}],
)
def test_a_decision_that_makes_no_sense_is_a_page_that_says_so(live: Live, form: dict[str, str]) -> None:
    with signed_in(live) as client:
        answer = client.post("/admin/demo/decisions", data={"csrf": csrf(client.get("/admin/demo/"))} | form)
        assert answer.status_code == 422 and "Some fields are wrong" in answer.text


@pytest.mark.parametrize("query", ["status=lost", "cursor=%00", "cursor=AAAA", "q=%00", "q=" + "x" * 201])
def test_a_broken_address_is_a_page_that_says_so(live: Live, query: str) -> None:
    with signed_in(live) as client:
        answer = client.get(f"/admin/demo/?{query}")
        assert answer.status_code == 422 and answer.headers["content-type"].startswith("text/html")


def test_an_address_cannot_claim_what_did_not_happen(live: Live) -> None:
    with signed_in(live) as client:
        page = client.get("/admin/demo/?batch=never&batch=twice")
        assert page.status_code == 200 and 'data-shown="no"' in page.text


def test_a_form_that_is_not_a_form_is_refused(live: Live) -> None:
    with signed_in(live) as client:
        plain = {"content-type": "text/plain"}
        assert client.post("/admin/demo/decisions", content="id=1", headers=plain).status_code == 415
        form = {"content-type": "application/x-www-form-urlencoded"}
        assert client.post("/admin/demo/decisions", content=b"id=%ff\xff", headers=form).status_code == 400
        assert client.post("/admin/demo/decisions", content=b"a=1&" * 1_001, headers=form).status_code == 400
        assert client.post("/admin/demo/decisions", content=b"a" * 70_000, headers=form).status_code == 413


def test_the_queue_goes_on_page_by_page(live: Live) -> None:
    ids = {live.post(body=f"This is what helped me, part {i}.") for i in range(51)}
    with signed_in(live) as client:
        first = client.get("/admin/demo/")
        following = re.search(r'href="([^"]+cursor=[^"]+)">Next page', first.text)
        assert following
        second = client.get(unescape(following[1]))
        seen = [re.findall(r'data-id="(\w+)"', page.text) for page in (first, second)]
        assert [len(one) for one in seen] == [50, 1] and {*seen[0], *seen[1]} == ids


def test_a_search_finds_words_and_says_how_many(live: Live) -> None:
    wanted, other = live.post(body="The goat stretch."), live.post(body="The cat stretch.")
    with signed_in(live) as client:
        page = unescape(client.get("/admin/demo/?q=goat").text)
        assert wanted in page and other not in page and "1 with" in page


def test_what_a_reader_writes_is_shown_and_never_run(live: Live) -> None:
    live.post(author="<script>alert(1)</script>", body='<img src=x onerror=alert(2)> "quoted"', title="<b>bold</b>")
    with signed_in(live) as client:
        page = client.get("/admin/demo/").text
        for hostile in ("<script>alert", "<img src=x", "<b>bold"):
            assert hostile not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_page_that_is_not_the_sites_is_not_made_a_link(live: Live) -> None:
    live.post(url="https://evil.example/page", title="A title")
    live.post(url="https://blog.example/post", title="A title", body="Another one, on a page of our own.")
    with signed_in(live) as client:
        page = client.get("/admin/demo/").text
        assert "https://evil.example/page" not in page and 'href="https://blog.example/post"' in page


def test_every_answer_guards_the_browser(live: Live) -> None:
    waiting = live.post()
    with signed_in(live) as client, live.client() as stranger:
        token = csrf(client.get("/admin/demo/"))
        answers = [
            stranger.get("/admin"),
            stranger.get("/admin/"),
            stranger.get("/admin/demo/"),
            stranger.get(live.login_link()),
            stranger.post("/admin/sign-in", data={"email": "a", "password": "b"}),
            client.get("/admin/"),
            client.get("/admin/demo/"),
            client.get("/admin/account"),
            client.get("/admin/missing/"),
            client.get("/admin/no/such/page"),
            client.get("/admin/demo/?status=lost"),
            client.post("/admin/demo/decisions", data={}),
            client.post("/admin/demo/decisions", data={"csrf": token, "id": waiting, "action": "spam"}),
            client.post("/admin/sign-out", data={"csrf": token}),
        ]
    for answer in answers:
        said = f"{answer.request.method} {answer.request.url} {answer.status_code}"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'"), said
        assert "frame-ancestors 'none'" in policy and "require-trusted-types-for 'script'" in policy, said
        assert answer.headers["cache-control"] == "no-store", said
        assert answer.headers["x-robots-tag"] == "noindex", said
        assert answer.headers["x-frame-options"] == "DENY", said
        assert answer.headers["x-content-type-options"] == "nosniff", said


def test_the_pages_hold_no_script_or_style_of_their_own(live: Live) -> None:
    live.post()
    with signed_in(live) as client:
        for path in ("/admin/demo/", "/admin/account", "/docs/", "/problems/too-fast"):
            page = client.get(path).text
            assert not INLINE.search(page), path


@pytest.mark.parametrize(("probability", "words"), [(0.0, "not like spam"), (0.1, "doubtful"), (0.9, "likely spam")])
def test_the_odds_are_said_by_the_sites_own_bounds(probability: float, words: str) -> None:
    assert band(probability, Policy()).words == words


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (-DAY, "just now"),
        (MINUTE - 1, "just now"),
        (MINUTE, "1 min ago"),
        (60 * MINUTE, "1 h ago"),
        (DAY, "yesterday"),
        (3 * DAY, "3 days ago"),
        (40 * DAY, "22 Nov 1970"),
    ],
)
def test_an_age_is_said_as_people_say_it(passed: int, words: str) -> None:
    now = 365 * DAY
    assert ago(now - passed, now) == words


def test_a_wrong_method_is_answered_with_a_page_too(live: Live) -> None:
    with live.client() as client:
        answer = client.put("/admin/account")
    assert answer.status_code == 405
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "require-trusted-types-for" in answer.headers["content-security-policy"]


def test_a_broken_referer_is_no_fault_of_ours(live: Live) -> None:
    with live.client(referer="http://[") as client:
        answer = client.post("/admin/sign-in", data={"email": "no@mail.example", "password": "wrong"})
    assert answer.status_code == 401


def test_an_address_without_its_last_slash_leads_to_the_page_and_never_to_another_host(live: Live) -> None:
    with signed_in(live) as client:
        client.headers["host"] = "evil.example"
        for path in ("/admin", "/admin/demo", "/docs", "/demo"):
            answer = client.get(path)
            assert answer.headers["location"] == f"{path}/", (path, answer.status_code)


def test_a_form_from_an_old_page_does_not_publish_a_new_text(live: Live) -> None:
    with live.client() as client:
        posted = client.post(f"{live.api}/comments", json=draft()).json()
        with signed_in(live) as moderator:
            shown = moderator.get("/admin/demo/")
            bearer = {"authorization": f"Bearer {posted['edit_token']}"}
            client.patch(f"{live.api}/comments/{posted['id']}", json={"body": "A worse text."}, headers=bearer)
            form = {
                "csrf": csrf(shown),
                "id": posted["id"],
                "version": "1",
                "action": "approve",
                "back": "/admin/demo/",
            }
            assert 'name="version" value="1"' in shown.text
            answer = moderator.post("/admin/demo/decisions", data=form, follow_redirects=True)
            assert "Left alone what had changed since you looked" in answer.text
            moderator.post("/admin/demo/decisions", data=form | {"version": "2"})
    assert [comment["html"] for comment in live.read()["comments"]] == ["<p>A worse text.</p>"]


def test_what_allows_a_comment_is_not_drawn_as_what_speaks_against_it() -> None:
    signals = (Signal("allowed", 0, "a rule allows it"), Signal("blocked", 0, "a rule blocks it"))
    assert [chip(signal, "").style for signal in signals] == ["fine", "rude"]
