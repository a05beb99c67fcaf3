"""What feed readers get of a thread and of a site."""

from xml.etree import ElementTree

import feedparser
import httpx2

from tests.conftest import ORIGIN, Live

THREADING = "{http://purl.org/syndication/thread/1.0}in-reply-to"
ATOM = "{http://www.w3.org/2005/Atom}"


def read(live: Live, **query: str) -> httpx2.Response:
    with live.client() as client:
        return client.get("/sites/demo/feed.atom", params=query)


def test_a_feed_names_the_newest_first_with_authors_links_and_safe_words(live: Live) -> None:
    first = live.post(author="Ada & <Co>", body="My **back**. <script>x</script>", title="Backs", url=f"{ORIGIN}/post")
    live.approve(first)
    second = live.post(author="Bob", body="Mine too.", parent_id=first)
    live.approve(second)
    answer = read(live, thread="/post")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo
    newest, oldest = parsed.entries
    assert (newest.author, oldest.author) == ("Bob", "Ada & <Co>")
    assert newest.link == f"{ORIGIN}/post#c-{second}"
    assert "<strong>back</strong>" in oldest.content[0].value
    assert "<script" not in oldest.content[0].value
    assert parsed.feed.updated == newest.updated
    links = {link.rel: link.href for link in parsed.feed.links}
    assert links == {"self": f"{live.url}/sites/demo/feed.atom?thread=%2Fpost", "alternate": f"{ORIGIN}/post"}
    answered = ElementTree.fromstring(answer.content).find(f"{ATOM}entry/{THREADING}")
    assert answered is not None
    assert answered.get("ref") == oldest.id
    assert answered.get("href") == f"{ORIGIN}/post#c-{first}"


def test_ids_are_names_that_stay(live: Live) -> None:
    live.approve(live.post())
    ids = [entry.id for _ in range(2) for entry in feedparser.parse(read(live).content).entries]
    assert ids[0] == ids[1]
    assert ids[0].startswith("urn:uuid:")
    assert feedparser.parse(read(live).content).feed.id != feedparser.parse(read(live, thread="/post").content).feed.id


def test_a_sites_feed_holds_all_threads_and_nothing_that_waits(live: Live) -> None:
    live.approve(live.post(thread="/one"), live.post(thread="/two", email="someone@mail.example"))
    live.post(thread="/one", body="Still waiting")
    answer = read(live)
    parsed = feedparser.parse(answer.content)
    assert [entry.link.partition("#")[0] for entry in parsed.entries] == [
        f"{live.url}/embed/demo?thread=%2Ftwo",
        f"{live.url}/embed/demo?thread=%2Fone",
    ]
    assert "Still waiting" not in answer.text
    assert "mail.example" not in answer.text
    assert len(feedparser.parse(read(live, thread="/one").content).entries) == 1


def test_a_feed_holds_fifty_at_most_and_an_empty_one_is_a_feed(live: Live) -> None:
    empty = feedparser.parse(read(live).content)
    assert not empty.bozo and empty.entries == [] and empty.feed.updated
    for number in range(51):
        live.post(body=f"Number {number}")
    live.approve()
    assert len(feedparser.parse(read(live).content).entries) == 50


def test_a_feed_that_has_not_changed_is_not_sent_again(live: Live) -> None:
    live.approve(live.post())
    with live.client(**{"accept-encoding": "gzip"}) as client:
        first = client.get("/sites/demo/feed.atom")
        assert first.headers["content-encoding"] == "gzip"
        again = client.get("/sites/demo/feed.atom", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        live.approve(live.post(body="One more"))
        assert client.get("/sites/demo/feed.atom", headers={"if-none-match": first.headers["etag"]}).status_code == 200


def test_letters_that_xml_cannot_hold_do_not_break_a_feed(live: Live) -> None:
    live.approve(live.post(author="Ada \uffff", body="A \ufffe B ]]> &amp; \U0001f600"))
    parsed = feedparser.parse(read(live).content)
    assert not parsed.bozo
    assert "\U0001f600" in parsed.entries[0].content[0].value
