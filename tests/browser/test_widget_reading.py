"""What readers meet before anybody writes: options, comments that come when they are near, permalinks, news, counts."""

import re

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.reader import WAITING, HostPage, comment, form, opened, write
from tests.conftest import Live, wait_for

pytestmark = pytest.mark.browser

FAR_DOWN = '<div style="height: 4000px"></div>'


def asked(page: Page) -> list[str]:
    """The paths of our service that the page asks for from now on."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if found := re.match(r"http://[^/]+(/(?:api|words|write\.js)[^#]*)", request.url):
            seen.append(found[1])

    page.on("request", note)
    return seen


def in_view(page: Page, author: str) -> bool:
    return bool(
        comment(page, author).evaluate(
            "one => { const box = one.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight }"
        )
    )


def test_nothing_is_asked_for_before_the_thread_is_near(page: Page, host: HostPage, live: Live) -> None:
    requests = asked(page)
    page.goto(host(element=f"{FAR_DOWN}<gatepost-comments></gatepost-comments>{FAR_DOWN}"))
    page.wait_for_function("Boolean(customElements.get('gatepost-comments'))")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert requests == []
    page.mouse.wheel(0, 3500)
    expect(page.get_by_text("No comments yet. Be the first.")).to_be_visible()
    assert not any("write" in path for path in requests), "what writing takes comes when somebody writes"


def test_a_thread_that_is_eager_is_there_at_once(page: Page, host: HostPage) -> None:
    page.goto(host(element=f'{FAR_DOWN}<gatepost-comments loading="eager"></gatepost-comments>'))
    expect(page.get_by_text("No comments yet. Be the first.")).to_be_attached()


def test_the_element_wins_over_the_script(page: Page, host: HostPage, live: Live) -> None:
    live.approve(*[live.post(thread="/own", author=f"Reader {n}", body=f"Thought number {n}.") for n in range(4)])
    element = '<gatepost-comments site="demo" thread="/own" sort="newest" input="bottom"></gatepost-comments>'
    opened(page, host(element=element, script='data-thread="/other" data-page-size="3" data-theme="dark"'))
    expect(page.get_by_role("article")).to_have_count(3)
    expect(page.get_by_role("article").first).to_have_accessible_name("Comment by Reader 3")
    expect(page.get_by_role("combobox", name="Sort by")).to_have_value("newest")
    last = page.get_by_role("article").last.bounding_box()
    place = form(page).bounding_box()
    assert last and place and place["y"] > last["y"]


def test_a_page_of_one_application_goes_from_thread_to_thread(page: Page, host: HostPage, live: Live) -> None:
    for name in ("one", "two"):
        live.approve(live.post(thread=f"/{name}", author=f"Reader {name}"))
    opened(page, host(element='<gatepost-comments site="demo" thread="/one"></gatepost-comments>'))
    expect(comment(page, "Reader one")).to_be_visible()
    page.evaluate("document.querySelector('gatepost-comments').setAttribute('thread', '/two')")
    expect(comment(page, "Reader two")).to_be_visible()
    expect(comment(page, "Reader one")).to_have_count(0)
    requests = asked(page)
    page.evaluate("window.kept = document.querySelector('gatepost-comments'); kept.remove()")
    page.evaluate("kept.setAttribute('thread', '/one'); document.body.append(kept)")
    expect(comment(page, "Reader one")).to_be_visible()
    assert len([path for path in requests if "/comments?" in path]) == 1


def test_a_theme_may_change_while_somebody_writes(page: Page, host: HostPage) -> None:
    opened(page, host(element="<gatepost-comments></gatepost-comments>"))
    form(page).get_by_role("textbox", name="Comment").fill("Half a")
    page.evaluate("document.querySelector('gatepost-comments').setAttribute('theme', 'dark')")
    expect(page.get_by_role("region", name="Comments")).to_have_css("color", "rgb(228, 235, 232)")
    expect(form(page).get_by_role("textbox", name="Comment")).to_have_value("Half a")


def test_a_removed_thread_waits_for_nothing(page: Page, host: HostPage) -> None:
    page.clock.install()
    opened(page, host(element="<gatepost-comments></gatepost-comments>"))
    page.evaluate("document.querySelector('gatepost-comments').remove()")
    requests = asked(page)
    page.clock.run_for(600_000)
    assert requests == []


def test_a_permalink_loads_shows_marks_and_focuses_its_comment(page: Page, live: Live) -> None:
    ids = [live.post(thread="/demo/", author=f"Reader {n:02}", body=f"Thought number {n}.") for n in range(55)]
    live.approve(*ids)
    page.goto(f"{live.url}/demo/#c-{ids[53]}")
    named = comment(page, "Reader 53")
    expect(named).to_be_focused()
    expect(named).to_have_class(re.compile("named"))
    wait_for(lambda: in_view(page, "Reader 53"))
    page.evaluate(f"location.hash = 'c-{ids[2]}'")
    expect(comment(page, "Reader 02")).to_be_focused()
    expect(named).not_to_have_class(re.compile("named"))
    wait_for(lambda: in_view(page, "Reader 02"))


def test_the_time_of_a_comment_is_its_permalink_also_under_a_base(page: Page, host: HostPage, live: Live) -> None:
    name = live.post(thread="/own", author="Grace")
    live.approve(name)
    address = host(element='<base href="/elsewhere/"><gatepost-comments site="demo" thread="/own"></gatepost-comments>')
    opened(page, address)
    link = comment(page, "Grace").get_by_role("link", name="just now")
    expect(link).to_have_attribute("href", f"{address}#c-{name}")
    link.click()
    expect(comment(page, "Grace")).to_be_focused()


def test_a_permalink_to_nothing_leaves_the_page_as_it_is(page: Page, live: Live) -> None:
    live.approve(live.post(thread="/demo/", author="Grace"))
    page.goto(f"{live.url}/demo/#c-nothing")
    expect(comment(page, "Grace")).to_be_attached()
    assert page.evaluate("scrollY") == 0


def test_times_stay_right_and_nobody_is_told(page: Page, live: Live) -> None:
    page.clock.install()
    live.approve(live.post(thread="/demo/", author="Grace"))
    opened(page, f"{live.url}/demo/")
    expect(comment(page, "Grace").get_by_text("just now")).to_be_visible()
    page.clock.run_for(150_000)
    expect(comment(page, "Grace").get_by_text("2 minutes ago")).to_be_visible()
    expect(page.get_by_role("status")).to_be_empty()


def test_new_comments_are_offered_and_move_nothing_until_somebody_asks(page: Page, live: Live) -> None:
    page.clock.install()
    live.approve(live.post(thread="/demo/", author="Grace"))
    opened(page, f"{live.url}/demo/")
    expect(comment(page, "Grace")).to_be_visible()
    before = comment(page, "Grace").bounding_box()
    live.approve(*[live.post(thread="/demo/", author=f"Reader {n}", body=f"Thought number {n}.") for n in range(3)])
    page.clock.run_for(30_000)
    offer = page.get_by_role("button", name="3 new comments")
    expect(offer).to_be_visible()
    expect(page.get_by_role("article", name="Comment by")).to_have_count(1)
    assert comment(page, "Grace").bounding_box() == before
    offer.click()
    expect(comment(page, "Reader 0")).to_be_focused()
    expect(page.get_by_role("article", name="Comment by")).to_have_count(4)
    expect(page.get_by_role("article", name="Comment by").last).to_have_accessible_name("Comment by Reader 2")
    expect(offer).to_be_hidden()
    expect(page.get_by_text("4 comments", exact=True)).to_be_visible()


def test_nothing_is_looked_for_while_the_page_is_hidden_and_less_often_where_nothing_happens(
    page: Page, live: Live
) -> None:
    page.clock.install()
    opened(page, f"{live.url}/demo/")
    expect(page.get_by_text("No comments yet")).to_be_visible()
    requests = asked(page)
    for _ in range(20):
        page.clock.run_for(30_000)
        page.evaluate("fetch('/livez').then(() => null)")
    quiet = len(requests)
    assert 3 <= quiet <= 8, "ten minutes"
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    page.clock.run_for(1_200_000)
    page.evaluate("fetch('/livez').then(() => null)")
    assert len(requests) == quiet


def test_a_waiting_comment_becomes_public_where_it_stands(page: Page, live: Live) -> None:
    page.clock.install()
    opened(page, f"{live.url}/demo/")
    write(form(page))
    expect(comment(page)).to_contain_text(WAITING)
    live.approve()
    page.clock.run_for(60_000)
    expect(comment(page)).not_to_contain_text(WAITING)
    expect(comment(page)).to_have_count(1)
    expect(page.get_by_role("button", name="new comment")).to_be_hidden()


def test_a_page_that_lists_others_shows_their_counts_by_one_request(page: Page, live: Live) -> None:
    live.approve(*[live.post(thread="/one/", body=f"Thought number {n}.") for n in range(3)])
    live.approve(live.post(thread="two", body="A thought."))
    requests = asked(page)
    listing = (
        '<!doctype html><a data-gatepost-count href="/one?utm_source=list#comments">?</a>'
        '<span data-gatepost-count="two">?</span><a data-gatepost-count href="/none/">?</a>'
        '<a data-gatepost-count href="https://elsewhere.example/">elsewhere</a>'
        '<script async src="/embed.js" data-site="demo"></script>'
    )
    page.route("**/list", lambda route: route.fulfill(body=listing, content_type="text/html"))
    page.goto(f"{live.url}/list")
    expect(page.get_by_role("link", name="3 comments")).to_be_visible()
    expect(page.get_by_text("1 comment", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="0 comments")).to_be_visible()
    expect(page.get_by_role("link", name="elsewhere")).to_be_visible()
    assert len([path for path in requests if "/counts?" in path]) == 1
    expect(page.get_by_role("region", name="Comments")).to_have_count(0)


def test_one_page_is_one_thread_however_a_reader_came_to_it(page: Page, live: Live) -> None:
    live.approve(live.post(thread="/post?p=7", author="Grace"))
    listing = '<!doctype html><p>Words.</p><script async src="/embed.js" data-site="demo"></script>'
    page.route("**/post*", lambda route: route.fulfill(body=listing, content_type="text/html"))
    opened(page, f"{live.url}/post?utm_source=mail&p=7#top")
    expect(comment(page, "Grace")).to_be_visible()
    write(form(page))
    expect(comment(page)).to_contain_text(WAITING)
    opened(page, f"{live.url}/post?p=8")
    expect(page.get_by_text("No comments yet")).to_be_visible()
    live.approve()
    assert [one["author"] for one in live.read(thread="/post?p=7")["comments"]] == ["Grace", "Ada"]
