"""The thread without JavaScript, as readers, their browsers and search engines get it."""

import re
import sqlite3
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, urlsplit

import brotli
import httpx2
import mf2py
import microdata
import pytest
from bs4 import BeautifulSoup, Tag

from service.web.plain_form import TRAP
from tests.conftest import ORIGIN, Live
from tests.test_openapi import is_as_described

THREAD = {"thread": "/post"}


def page(live: Live, path: str = "", /, headers: dict[str, str] | None = None, **query: str) -> httpx2.Response:
    with live.client(**(headers or {})) as client:
        return client.get(f"/embed/{live.site}{path}", params=THREAD | query)


def soup(answer: httpx2.Response) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def form_of(answer: httpx2.Response) -> dict[str, str]:
    """The form's fields as a browser would send them back."""
    form = found(soup(answer), "form#form")
    fields = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")}
    return fields | {str(area["name"]): area.text for area in form.select("textarea")}


def found(tree: BeautifulSoup | Tag, selector: str) -> Tag:
    one = tree.select_one(selector)
    assert one is not None, f"no {selector} in {tree}"
    return one


def send(live: Live, origin: str | None = None, **typed: str) -> httpx2.Response:
    fields = form_of(page(live)) | {"author": "Ada", "body": "The ball helped, thank you."} | typed
    with live.client(**({"origin": origin} if origin else {})) as client:
        return client.post(f"/embed/{live.site}", params=THREAD, data=fields)


def waiting(live: Live) -> list[dict[str, Any]]:
    with live.moderator() as moderator:
        return list(moderator.get(f"{live.api}/queue").json()["items"])


def test_a_thread_is_a_page_with_names_times_replies_and_links(live: Live) -> None:
    first = live.post(author="Ada", body="My **back** is better.", website="https://ada.example")
    live.approve(first)
    reply = live.post(author="Bob", body="Mine too.", parent_id=first)
    live.approve(reply)
    read = page(live)
    assert read.status_code == 200
    tree = soup(read)
    assert found(tree, "h1").text == "Comments"
    assert found(tree, ".count").text == "2 comments"
    top = found(tree, f"article#c-{first}")
    assert found(top, ".body").decode_contents() == "<p>My <strong>back</strong> is better.</p>"
    name = found(top, ".author a")
    assert (name["href"], name.text) == ("https://ada.example", "Ada")
    assert name["rel"] == ["nofollow", "ugc", "noopener", "noreferrer"]
    assert str(found(top, "time")["datetime"]).endswith("Z")
    assert found(tree, f"ol ol article#c-{reply}")
    assert "/sites/demo/feed.atom?thread=%2Fpost" in str(found(tree, "link[rel=alternate]")["href"])


def test_what_waits_or_was_turned_down_is_not_on_the_page(live: Live) -> None:
    live.post(body="Still waiting", email="someone@mail.example")
    live.decide("reject", live.post(body="Turned down"))
    for text in (page(live).text, page(live, "/fragment").text):
        assert "Still waiting" not in text
        assert "Turned down" not in text
        assert "mail.example" not in text


def test_a_deep_thread_is_drawn_as_deep_lists_that_stop_moving_in(live: Live) -> None:
    parent = live.post(body="At the top")
    live.approve(parent)
    for depth in range(1, 21):
        parent = live.post(body=f"Reply {depth}", parent_id=parent)
        live.approve(parent)
    tree = soup(page(live))
    deepest = found(tree, f"#c-{parent}")
    assert len(deepest.find_parents("ol")) == 21
    assert len(tree.select("ol.flat")) == 16


def test_the_page_may_stand_in_any_frame_and_runs_no_script(live: Live) -> None:
    headers = page(live).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors *"
    )
    assert "x-frame-options" not in headers
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in headers
    assert "<script" not in page(live).text
    with live.client() as client:
        assert client.get("/admin/").headers["x-frame-options"] == "DENY"
        assert client.get("/embed.css").headers["cross-origin-resource-policy"] == "cross-origin"


def test_hostile_words_stay_words(live: Live) -> None:
    evil = '"><script>alert(1)</script>'
    live.approve(live.post(author=evil, body=f"A {evil} b", title=evil, url=f"{ORIGIN}/post?{'x' * 9}"))
    for answer in (page(live), page(live, "/fragment"), page(live, reply=evil), page(live, posted=evil)):
        assert "<script" not in answer.text
        assert not soup(answer).select("script")
    assert found(soup(page(live)), ".author").text.strip() == evil


def test_a_comment_sent_by_the_form_waits_and_the_browser_is_sent_on(live: Live) -> None:
    sent = send(live, email="ada@mail.example", website="ada.example")
    assert sent.status_code == 303
    assert sent.headers["location"] == "/embed/demo?thread=%2Fpost&posted=pending#answer"
    (comment,) = waiting(live)
    assert (comment["author"], comment["email"]) == ("Ada", "ada@mail.example")
    assert (comment["website"], comment["thread"]) == ("https://ada.example", "/post")
    note = found(soup(page(live, posted="pending")), "#answer")
    assert note.text == "Thank you. Your comment is waiting for approval."
    assert note["role"] == "status"


def test_a_comment_that_is_published_at_once_says_so(live: Live) -> None:
    live.set_policy(publish="clean", hold_at=1.0)
    assert "posted=approved" in send(live).headers["location"]
    assert found(soup(page(live)), ".count").text == "1 comment"


def test_the_same_form_sent_twice_makes_one_comment(live: Live) -> None:
    fields = form_of(page(live)) | {"author": "Ada", "body": "Once."}
    with live.client() as client:
        answers = [client.post("/embed/demo", params=THREAD, data=fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(waiting(live)) == 1


def test_other_words_under_a_key_that_was_used_are_kept_under_a_new_one(live: Live) -> None:
    fields = form_of(page(live)) | {"author": "Ada", "body": "Once."}
    with live.client() as client:
        client.post("/embed/demo", params=THREAD, data=fields)
        again = client.post("/embed/demo", params=THREAD, data=fields | {"body": "Something else."})
        assert again.status_code == 422
        mended = form_of(again)
        assert mended["key"] != fields["key"]
        assert mended["body"] == "Something else."
        assert client.post("/embed/demo", params=THREAD, data=mended).status_code == 303


def test_a_reply_goes_under_the_comment_that_its_link_names(live: Live) -> None:
    first = live.post(author="Ada")
    live.approve(first)
    link = str(found(soup(page(live)), f"#c-{first} .actions a")["href"])
    assert link.endswith(f"&reply={first}#form")
    answering = page(live, reply=first)
    assert "Ada" in found(soup(answering), "#form-heading").text
    with live.client() as client:
        fields = form_of(answering) | {"author": "Bob", "body": "I agree."}
        assert client.post("/embed/demo", params=THREAD, data=fields).status_code == 303
    assert waiting(live)[0]["parent_id"] == first


def test_a_reply_to_what_is_gone_keeps_the_text_and_becomes_a_comment(live: Live) -> None:
    first = live.post()
    live.approve(first)
    fields = form_of(page(live, reply=first)) | {"author": "Bob", "body": "I agree."}
    live.decide("delete", first)
    with live.client() as client:
        answer = client.post("/embed/demo", params=THREAD, data=fields)
        assert answer.status_code == 422
        assert "cannot be answered any more" in found(soup(answer), "#answer").text
        assert form_of(answer)["body"] == "I agree."
        assert client.post("/embed/demo", params=THREAD, data=form_of(answer)).status_code == 303


@pytest.mark.parametrize("odd", ["\0", "0" * 32, "../x", "x" * 5_000])
def test_a_reply_to_nothing_is_a_comment_to_be_written(live: Live, odd: str) -> None:
    asked = page(live, reply=odd)
    assert asked.status_code == 200
    assert found(soup(asked), "#form-heading").text == "Add a comment"
    sent = send(live, parent_id=odd)
    assert sent.status_code == 422
    assert form_of(sent)["parent_id"] == ""


def test_each_mistake_stands_beside_its_field_and_in_the_summary_and_nothing_is_lost(live: Live) -> None:
    typed = {
        "author": "",
        "body": "A <b>text</b>\r\n\r\nof mine",
        "email": "nonsense",
        "website": "javascript:alert(1)",
    }
    answer = send(live, **typed)
    assert answer.status_code == 422
    tree = soup(answer)
    summary = found(tree, "#answer")
    assert (summary["role"], summary["tabindex"]) == ("alert", "-1")
    assert "3 fields need a change." in summary.text
    assert [link["href"] for link in summary.select("a")] == ["#author", "#email", "#website"]
    for name in ("author", "email", "website"):
        field = found(tree, f"#{name}")
        assert field["aria-invalid"] == "true"
        assert found(tree, f"#{str(field['aria-describedby']).split()[0]}").text
    kept = form_of(answer)
    assert kept["body"] == "A <b>text</b>\n\nof mine"
    assert (kept["email"], kept["website"]) == ("nonsense", "javascript:alert(1)")
    assert str(found(tree, "title").text).startswith("Mistake: ")
    assert str(found(tree, "form")["action"]).endswith("#answer")
    assert waiting(live) == []
    both = found(soup(send(live, author="", body="")), "#answer")
    assert [link["href"] for link in both.select("a")] == ["#body", "#author"], "in the order of the fields"


def test_a_site_that_needs_an_address_or_consent_asks_for_it(live: Live) -> None:
    live.set_policy(email="required", consent="I have read the rules.", website="off")
    tree = soup(page(live))
    assert found(tree, "#email").has_attr("required")
    assert found(tree, "label[for=consent]").text == "I have read the rules."
    assert tree.select_one("#website") is None
    fields = {"author": "Ada", "body": "Hello."}
    with live.client() as client:
        refused = client.post("/embed/demo", params=THREAD, data=fields)
        assert refused.status_code == 422
        assert {link["href"] for link in soup(refused).select("#answer a")} >= {"#email"}
        good = fields | {"email": "ada@mail.example", "consent": "yes"}
        assert client.post("/embed/demo", params=THREAD, data=good).status_code == 303


def test_a_text_that_is_too_long_or_too_large_is_kept(live: Live) -> None:
    long = send(live, body="x" * 6_000)
    assert long.status_code == 422
    assert "This is 6,000 characters long; at most 5,000 fit." in found(soup(long), "#body-error").text
    large = send(live, body="x" * 70_000)
    assert large.status_code == 413
    assert len(form_of(large)["body"]) == 70_000
    assert "make it shorter" in found(soup(large), "#answer").text
    assert send(live, body="x" * 300_000).status_code == 413


def test_a_long_text_in_any_script_fits(live: Live) -> None:
    live.set_policy(body_max=10_000)
    assert send(live, body="腰痛" * 5_000).status_code == 303


def test_too_many_comments_at_once_are_told_to_wait(limited: Live) -> None:
    answers = [send(limited, body=f"Number {number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    last = answers[-1]
    assert int(last.headers["retry-after"]) > 0
    assert "please try again in" in found(soup(last), "#answer").text
    assert form_of(last)["body"] == "Number 5"


@pytest.mark.embedded
def test_while_the_database_cannot_be_written_the_text_and_its_key_are_kept(live: Live) -> None:
    fields = form_of(page(live)) | {"author": "Ada", "body": "Patience."}
    with live.client() as client:
        with closing(sqlite3.connect(live.settings.sqlite_path, isolation_level=None)) as other:
            other.execute("begin exclusive")
            answer = client.post("/embed/demo", params=THREAD, data=fields)
            other.execute("rollback")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        again = form_of(answer)
        assert (again["body"], again["key"]) == ("Patience.", fields["key"])
        assert client.post("/embed/demo", params=THREAD, data=again).status_code == 303
    assert len(waiting(live)) == 1


def test_a_closed_site_shows_its_comments_and_no_form_and_keeps_what_was_typed(live: Live) -> None:
    live.approve(live.post())
    fields = form_of(page(live)) | {"author": "Ada", "body": "Too late."}
    live.set_policy(open=False)
    read = soup(page(live))
    assert read.select("form") == [] and len(read.select("article")) == 1
    assert read.select(".actions") == []
    assert "Comments are closed." in read.text
    with live.client() as client:
        answer = client.post("/embed/demo", params=THREAD, data=fields)
    assert answer.status_code == 403
    assert form_of(answer)["body"] == "Too late."


def test_a_filled_trap_and_haste_are_seen(live: Live) -> None:
    send(live, **{TRAP: "Buy now"})
    with live.moderator() as moderator:
        found = [
            signal["check"]
            for status in ("pending", "spam")
            for item in moderator.get(f"{live.api}/queue", params={"status": status}).json()["items"]
            for signal in item["verdict"]["signals"]
        ]
    assert "form" in found


@pytest.mark.parametrize("origin", [ORIGIN, None, "own"])
def test_our_page_and_the_sites_pages_may_send_the_form(live: Live, origin: str | None) -> None:
    assert send(live, live.url if origin == "own" else origin).status_code == 303


@pytest.mark.parametrize("origin", ["https://evil.example", f"{ORIGIN}.evil.example", "http://blog.example", "null"])
def test_a_foreign_page_may_not_send_the_form(live: Live, origin: str) -> None:
    answer = send(live, origin)
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert waiting(live) == []


def test_pages_follow_each_other_and_lead_back(live: Live) -> None:
    for number in range(51):
        live.post(body=f"Number {number}")
    live.approve()
    first = soup(page(live))
    assert len(first.select("article")) == 50
    further = found(first, "a[rel=next]")
    assert further.text == "Newer comments"
    with live.client() as client:
        second = soup(client.get(str(further["href"])))
        assert [body.text.strip() for body in second.select(".body")] == ["Number 50"]
        assert found(second, ".pages a").text == "Back to the first page"
        newest = soup(client.get(str(found(first, ".sorts a:not([aria-current])")["href"])))
    assert found(newest, ".body").text.strip() == "Number 50"
    assert found(newest, "a[rel=next]").text == "Older comments"


def test_a_reply_whose_comment_is_on_another_page_says_so(live: Live) -> None:
    first = live.post(author="Ada", body="The first")
    live.approve(first)
    live.approve(live.post(body="An answer", parent_id=first))
    live.decide("delete", first)
    assert found(soup(page(live)), ".absent").text == "In reply to a comment that is not shown here"


def test_an_unknown_site_is_a_page_that_says_so(live: Live) -> None:
    with live.client() as client:
        for path in ("/embed/none?thread=a", "/embed/none/fragment?thread=a", "/sites/none/feed.atom"):
            answer = client.get(path)
            assert answer.status_code == 404
            assert answer.headers["content-type"].startswith("text/html")
            assert found(soup(answer), "h1").text == "There is nothing here"
        assert client.get("/embed/demo").status_code == 422
        assert client.get("/embed/demo?thread=a&cursor=x").status_code == 422
        assert client.get("/embed/demo?thread=a&sort=x").status_code == 422


def test_every_answer_is_as_described(live: Live) -> None:
    embed, fragment, feed = "/embed/{site}", "/embed/{site}/fragment", "/sites/{site}/feed.atom"
    is_as_described(page(live), embed)
    is_as_described(send(live), embed)
    is_as_described(send(live, body=""), embed)
    is_as_described(send(live, "https://evil.example"), embed)
    is_as_described(page(live, "/fragment"), fragment)
    with live.client() as client:
        is_as_described(client.get("/embed.css"), "/embed.css")
        for site in ("demo", "none"):
            is_as_described(client.get(f"/sites/{site}/feed.atom"), feed)
            is_as_described(client.get(f"/embed/{site}", params=THREAD), embed)
        is_as_described(client.post("/embed/demo", params=THREAD, json={}), embed)


def test_the_fragment_is_the_list_alone_cached_like_the_list(live: Live) -> None:
    live.approve(live.post())
    first = page(live, "/fragment")
    assert first.text.startswith("<section") and first.text.rstrip().endswith("</section>")
    assert "<form" not in first.text
    assert first.headers["access-control-allow-origin"] == "*"
    assert "s-maxage=30" in first.headers["cache-control"]
    unchanged = page(live, "/fragment", {"if-none-match": first.headers["etag"], "accept-encoding": "identity"})
    same = page(live, "/fragment", {"accept-encoding": "identity"})
    assert (unchanged.status_code, same.status_code) == (200, 200)
    again = page(live, "/fragment", {"if-none-match": same.headers["etag"], "accept-encoding": "identity"})
    assert (again.status_code, again.content) == (304, b"")
    with (
        live.client() as client,
        client.stream("GET", "/embed/demo/fragment", params=THREAD, headers={"accept-encoding": "br"}) as packed,
    ):
        assert brotli.decompress(b"".join(packed.iter_raw())).decode() == same.text
    live.approve(live.post(body="One more"))
    changed = page(live, "/fragment", {"if-none-match": same.headers["etag"], "accept-encoding": "identity"})
    assert changed.status_code == 200 and "One more" in changed.text


def test_each_form_is_for_one_writer_so_no_cache_may_share_the_page(live: Live) -> None:
    first, second = page(live), page(live)
    assert first.headers["cache-control"].startswith("private")
    assert form_of(first)["key"] != form_of(second)["key"]


def test_the_page_of_an_address_is_the_thread_that_it_means(live: Live) -> None:
    live.approve(live.post(thread="/post", body="Here it is"))
    with live.client() as client:
        query = {"url": f"{ORIGIN}/post?utm_source=mail#top"}
        read = client.get("/embed/demo", params=query)
        assert "Here it is" in read.text
        fields = form_of(read) | {"author": "Ada", "body": "By its address."}
        assert client.post("/embed/demo", params=query, data=fields).status_code == 303
    assert waiting(live)[0]["thread"] == "/post"


def test_search_engines_read_a_discussion_with_nested_comments(live: Live) -> None:
    first = live.post(author="Ada", body="My **back**.", title="Backs", url=f"{ORIGIN}/post")
    live.approve(first)
    live.approve(live.post(author="Bob", body="Mine too.", parent_id=first))
    for answer in (page(live), page(live, "/fragment")):
        (discussion,) = microdata.get_items(answer.text)
        assert str(discussion.itemtype[0]) == "https://schema.org/DiscussionForumPosting"
        assert str(discussion.url) == f"{ORIGIN}/post"
        (comment,) = discussion.get_all("comment")
        assert (comment.author.name, comment.text.strip()) == ("Ada", "My back.")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", str(comment.datePublished))
        (reply,) = comment.get_all("comment")
        assert reply.author.name == "Bob"


def test_microformats_name_authors_times_and_words(live: Live) -> None:
    first = live.post(author="Ada", body="My **back**.", website="https://ada.example")
    live.approve(first)
    live.approve(live.post(author="Bob", body="Mine too.", parent_id=first))
    (entry,) = mf2py.parse(doc=page(live).text, url=f"{live.url}/embed/demo?thread=/post")["items"]
    assert entry["type"] == ["h-entry"]
    (comment,) = entry["properties"]["comment"]
    assert comment["type"] == ["h-cite"]
    (author,) = comment["properties"]["author"]
    assert author["properties"] == {"name": ["Ada"], "url": ["https://ada.example"]}
    assert comment["properties"]["content"][0]["value"] == "My back."
    assert comment["properties"]["published"][0].endswith("Z")
    assert comment["properties"]["url"] == [f"{live.url}/embed/demo?thread=/post#c-{first}"]
    assert comment["properties"]["comment"][0]["properties"]["author"][0]["properties"]["name"] == ["Bob"]


def test_the_language_is_the_addresss_then_the_sites_then_the_browsers(live: Live) -> None:
    assert page(live).headers["content-language"] == "en"
    assert page(live, lang="xx").headers["content-language"] == "en"
    assert page(live, "", {"accept-language": "xx, de-AT;q=0.9, fr;q=0.5"}).headers["content-language"] == "de"
    assert page(live, "", {"accept-language": "de"}, lang="fr").headers["content-language"] == "fr"
    assert 'lang="he" dir="rtl"' in page(live, lang="he").text
    live.approve(live.post())
    told = [found(soup(page(live, "/fragment", {"accept-language": one})), ".count").text for one in ("de", "ja", "en")]
    assert told == ["1 Kommentar", "コメント1件", "1 comment"]
    assert page(live, "/fragment", {"accept-language": "de"}).headers["content-language"] == "de"
    live.set_policy(languages="es,de")
    assert page(live, "/fragment", {"accept-language": "de"}).headers["content-language"] == "es"
    assert page(live, "", {"accept-language": "de"}, lang="en").headers["content-language"] == "en"
    assert "Accept-Language" in page(live, "/fragment").headers["vary"]


def test_the_form_comes_back_to_where_it_stood(live: Live) -> None:
    tree = soup(page(live, lang="en"))
    action = urlsplit(str(found(tree, "form")["action"]))
    assert parse_qs(action.query) == {"thread": ["/post"], "lang": ["en"]}
