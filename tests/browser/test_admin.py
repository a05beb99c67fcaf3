"""The admin page in a real browser: keys, undo, where the focus goes, and the same work without JavaScript."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.conftest import Live

pytestmark = pytest.mark.browser

BODIES = ["The first stretch helped.", "Walking helped more.", "Heat did nothing for me."]


@pytest.fixture
def problems(page: Page) -> Iterator[list[str]]:
    """What the browser complained about; the content security policy is among it."""
    seen: list[str] = []
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("console", lambda message: seen.append(message.text) if message.type == "error" else None)
    yield seen


@pytest.fixture
def comments(live: Live) -> list[str]:
    return [live.post(body=body, author=f"Reader {i}") for i, body in enumerate(BODIES, 1)]


def sign_in(live: Live, page: Page) -> None:
    page.goto(live.url + live.login_link())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/demo/")


def article(page: Page, comment_id: str) -> str:
    return f"#c-{comment_id}"


def count(page: Page, status: str) -> str:
    return page.locator(f"[data-count={status}]").inner_text()


def test_keys_decide_and_the_focus_goes_to_the_next_comment(
    live: Live, comments: list[str], page: Page, problems: list[str]
) -> None:
    sign_in(live, page)
    first, second, third = (page.locator(article(page, one)) for one in comments)
    page.keyboard.press("j")
    expect(first).to_be_focused()
    page.keyboard.press("a")
    expect(first).to_be_hidden()
    expect(second).to_be_focused()
    expect(page.locator("#said")).to_have_text("Approved: the comment by Reader 1.")
    page.keyboard.press("s")
    expect(third).to_be_focused()
    page.keyboard.press("r")
    expect(page.get_by_text("Nothing waits.")).to_be_visible()
    expect(page.locator("#said")).to_have_text("Rejected: the comment by Reader 3.")
    assert [count(page, status) for status in ("pending", "approved", "spam", "rejected")] == ["0", "1", "1", "1"]
    assert [one["html"] for one in live.read()["comments"]] == [f"<p>{BODIES[0]}</p>"]
    assert problems == []


def test_undo_brings_comments_back_in_their_place_one_after_another(
    live: Live, comments: list[str], page: Page, problems: list[str]
) -> None:
    sign_in(live, page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_have_text("Approved: the comment by Reader 3.")
    page.keyboard.press("z")
    expect(page.locator(article(page, comments[2]))).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(article(page, comments[1]))).to_be_focused()
    shown = page.locator("article:visible").evaluate_all("all => all.map(one => one.dataset.id)")
    assert shown == comments
    assert count(page, "pending") == "3" and live.read()["thread"]["count"] == 0
    page.keyboard.press("z")
    expect(page.locator("#said")).to_have_text("There is nothing to undo.")
    assert problems == []


def test_a_decision_and_its_undo_pressed_at_once_arrive_in_order(live: Live, comments: list[str], page: Page) -> None:
    sign_in(live, page)
    for key in "jazaz":
        page.keyboard.press(key)
    expect(page.locator("#said")).to_have_text("Brought back the comment by Reader 2.")
    expect(page.locator("article:visible")).to_have_count(3)
    assert live.read()["thread"]["count"] == 0


def test_j_and_k_move_and_stop_at_the_ends(live: Live, comments: list[str], page: Page) -> None:
    sign_in(live, page)
    first, second, third = (page.locator(article(page, one)) for one in comments)
    for key, focused in zip("jjjjkkk", (first, second, third, third, second, first, first), strict=True):
        page.keyboard.press(key)
        expect(focused).to_be_focused()


def test_keys_are_letters_while_somebody_types(live: Live, comments: list[str], page: Page) -> None:
    sign_in(live, page)
    page.get_by_role("searchbox").click()
    page.keyboard.type("jarsz?")
    expect(page.get_by_role("searchbox")).to_have_value("jarsz?")
    expect(page.locator("article:visible")).to_have_count(3)
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_keys_are_explained_and_can_be_turned_off(live: Live, comments: list[str], page: Page) -> None:
    sign_in(live, page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.get_by_label("Use these keys in this browser").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("article:visible")).to_have_count(3)


def test_a_reason_is_sent_along(live: Live, comments: list[str], page: Page) -> None:
    sign_in(live, page)
    row = page.locator(article(page, comments[0]))
    row.get_by_text("Add a reason").click()
    row.get_by_label("Reason, for the history").fill("off the subject")
    row.get_by_role("button", name="Reject").click()
    expect(page.locator("#said")).to_have_text("Rejected: the comment by Reader 1.")
    page.get_by_role("link", name="Rejected").click()
    expect(page.get_by_text("off the subject")).to_be_visible()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda route: route.abort(), "The server cannot be reached, so nothing was changed. Try again in a moment."),
        (
            lambda route: route.fulfill(status=502, body="<h1>Bad gateway"),
            "Nothing was changed: the server answered 502.",
        ),
        (lambda route: route.fulfill(status=401, body="{}"), "You have been signed out, so nothing was changed."),
    ],
)
def test_when_a_request_fails_one_sentence_says_so_and_the_comment_stays(
    live: Live, comments: list[str], page: Page, answer: Callable[[Route], None], words: str
) -> None:
    page.route("**/api/**/decisions", answer)
    sign_in(live, page)
    page.keyboard.press("a")
    expect(page.locator("#said")).to_have_text(words)
    expect(page.locator("article:visible")).to_have_count(3)
    expect(page.locator(article(page, comments[0]))).to_be_focused()
    assert count(page, "pending") == "3"


def test_what_another_moderator_decided_first_is_said(live: Live, comments: list[str], page: Page) -> None:
    sign_in(live, page)
    live.decide("approve", comments[0])
    page.keyboard.press("a")
    expect(page.locator("#said")).to_have_text(
        "Left alone the comment by Reader 1: token tests moderator decided since you looked: it is approved now."
    )
    expect(page.locator(article(page, comments[1]))).to_be_focused()


def test_the_next_page_comes_by_itself_and_the_last_decision_can_still_be_undone(live: Live, page: Page) -> None:
    ids = [live.post(body=f"What helped me, part {i} of many.") for i in range(51)]
    sign_in(live, page)
    live.decide("approve", *ids[:49])
    page.keyboard.press("j")
    for _ in range(50):
        page.keyboard.press("a")
    expect(page.locator("article:visible")).to_have_count(1)
    expect(page.locator(article(page, ids[50]))).to_be_visible()
    expect(page.locator("#said")).to_have_text("1 comment approved.")
    page.keyboard.press("z")
    expect(page.locator(article(page, ids[49]))).to_be_visible()


def test_everything_works_without_javascript(live: Live, comments: list[str], browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(10_000)
    sign_in(live, page)
    row = page.locator(article(page, comments[1]))
    row.get_by_role("button", name="Spam").click()
    expect(page.get_by_text("1 comment marked as spam.")).to_be_visible()
    expect(row).to_have_count(0)
    page.get_by_role("link", name="Spam").click()
    expect(row).to_be_visible()
    row.get_by_role("button", name="Not spam").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 comment brought back.")).to_be_visible()
    expect(row).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_no_page_is_wider_than_the_screen(live: Live, comments: list[str], page: Page, width: int) -> None:
    live.post(author="W" * 80, body="x" * 3_000, thread="/" + "t" * 500, website="https://long.example/" + "y" * 900)
    sign_in(live, page)
    page.set_viewport_size({"width": width, "height": 700})
    for path in ("/admin/demo/", "/admin/account", "/docs/"):
        page.goto(live.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
