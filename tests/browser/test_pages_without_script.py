"""What readers do with a thread where JavaScript is off, by the names that a screen reader says."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Live

pytestmark = pytest.mark.browser

Website = Callable[[str], str]


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A browser without JavaScript, on a small phone."""
    context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def address(live: Live, more: str = "") -> str:
    return f"{live.url}/embed/demo?thread=/post{more}"


def write(page: Page, body: str = "The ball helped, thank you.", author: str = "Ada") -> None:
    page.get_by_role("textbox", name="Comment").fill(body)
    page.get_by_role("textbox", name="Name").fill(author)
    page.get_by_role("button", name="Send").click()


def test_a_reader_without_javascript_reads_posts_and_replies(plain: Page, live: Live) -> None:
    plain.goto(address(live))
    expect(plain.get_by_text("No comments yet. Be the first.")).to_be_visible()
    write(plain)
    expect(plain.get_by_role("status")).to_have_text("Thank you. Your comment is waiting for approval.")
    plain.reload()
    live.approve()
    plain.goto(address(live))
    comment = plain.get_by_role("article", name=re.compile("Comment by .*Ada"))
    expect(comment).to_contain_text("The ball helped")
    comment.get_by_role("link", name=re.compile("Reply to .*Ada")).click()
    expect(plain.get_by_role("heading", name=re.compile("Reply to .*Ada"))).to_be_in_viewport()
    write(plain, "Mine too.", "Bob")
    expect(plain.get_by_role("status")).to_be_visible()
    live.approve()
    plain.goto(address(live))
    expect(plain.get_by_role("article")).to_have_count(2)
    expect(plain.locator("ol ol article")).to_contain_text("Mine too.")


def test_a_mistake_is_told_above_the_form_and_the_text_is_kept(plain: Page, live: Live) -> None:
    plain.goto(address(live))
    write(plain, "My text", "")
    alert = plain.get_by_role("alert")
    expect(alert).to_contain_text("1 field needs a change.")
    expect(alert).to_be_in_viewport()
    expect(alert).to_be_focused()
    expect(plain.get_by_role("textbox", name="Comment")).to_have_value("My text")
    expect(plain.get_by_role("textbox", name="Name")).to_have_accessible_description("Please write your name.")
    alert.get_by_role("link", name="Name").click()
    expect(plain.get_by_role("textbox", name="Name")).to_be_focused()
    plain.keyboard.type("Ada")
    plain.get_by_role("button", name="Send").click()
    expect(plain.get_by_role("status")).to_be_visible()


@pytest.fixture
def website() -> Iterator[Website]:
    """Somebody else's website: `website(html)` returns the address of a page of it."""
    pages: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            self.end_headers()
            self.wfile.write(pages[-1].encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def add(html: str) -> str:
        pages.append(f"<!doctype html><title>A page</title>{html}")
        return f"http://127.0.0.1:{server.server_port}/"

    yield add
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("sandbox", ["", 'sandbox="allow-forms allow-same-origin"'])
def test_the_form_works_inside_a_frame_of_another_page(plain: Page, live: Live, website: Website, sandbox: str) -> None:
    frame_of = f'<iframe {sandbox} width="320" height="900" src="{address(live)}"></iframe>'
    plain.goto(website(f"<noscript>{frame_of}</noscript>"))
    frame = plain.frame_locator("iframe")
    expect(frame.get_by_role("button", name="Send")).to_have_css("color", "rgb(255, 255, 255)")
    frame.get_by_role("textbox", name="Comment").fill("From a frame")
    frame.get_by_role("textbox", name="Name").fill("Ada")
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("status")).to_contain_text("waiting for approval")


def test_the_demonstration_article_has_its_comments_without_javascript(plain: Page, live: Live) -> None:
    live.approve(live.post(thread="/demo/", body="Under the article"))
    plain.goto(f"{live.url}/demo/")
    expect(plain.frame_locator("iframe").get_by_role("article")).to_contain_text("Under the article")


LONG = "Donaudampfschifffahrt" * 400


def crowded(live: Live) -> None:
    """A thread with what threads can hold: deep replies, a long word, marks in heaps, names from right to left."""
    parent = live.post(
        author="Ada", body="# A heading\n\n> quoted\n\n1. one\n2. two\n\n`code`", website="https://a.example"
    )
    live.approve(parent)
    for number, author in enumerate(
        ["Bob", "\u05d3\u05d5\u05d3 \u05db\u05d4\u05df", LONG[:80], "Eve", "Z" + "\u0301" * 70]
    ):
        parent = live.post(author=author, body=f"Reply {number}: {LONG[:300]}", parent_id=parent)
        live.approve(parent)
    live.approve(live.post(author="Fay", body="Z" + "\u0301" * 3_000 + " and \u202eturned around"))
    live.approve(live.post(author="Gil", body=LONG[:5_000]))


@pytest.mark.parametrize("language", ["en", "he", "de"])
def test_nothing_is_wider_than_a_small_phone(plain: Page, live: Live, language: str) -> None:
    crowded(live)
    plain.goto(address(live, f"&lang={language}"))
    expect(plain.get_by_role("article")).to_have_count(8)
    assert plain.evaluate("document.documentElement.scrollWidth") <= 320
    plain.get_by_role("button").last.click()
    expect(plain.get_by_role("alert")).to_be_visible()
    plain.wait_for_load_state("load")
    assert plain.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_page_in_a_language_from_the_right_begins_at_the_right(plain: Page, live: Live) -> None:
    crowded(live)
    plain.goto(address(live, "&lang=he"))
    avatar = plain.locator("article").first.locator(".avatar").bounding_box()
    words = plain.locator("article").first.locator(".body").bounding_box()
    assert avatar is not None and words is not None
    assert avatar["x"] >= words["x"] + words["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colours", ["none", "active"])
def test_axe_finds_nothing_on_the_page_the_reply_and_the_mistake(
    browser: Browser, live: Live, scheme: str, colours: str
) -> None:
    crowded(live)
    options = {"color_scheme": scheme, "forced_colors": colours}
    # axe itself is a script; what it looks at has none.
    context = browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True, **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address(live))
    reply = str(page.get_by_role("link", name="Reply").first.get_attribute("href"))
    none = f"{live.url}/embed/none?thread=a"
    for there in (address(live), reply, address(live, "&posted=pending"), address(live, "&lang=he"), none):
        page.goto(there)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    page.goto(address(live))
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()
