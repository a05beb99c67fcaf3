"""What comes when somebody begins to write: nothing typed is lost, drafts last, Markdown helps, and it may fail."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.reader import WAITING, HostPage, begun, comment, form, opened, write
from tests.conftest import Live

pytestmark = pytest.mark.browser


def test_what_is_typed_before_the_form_has_arrived_stays_and_so_does_the_focus(article: Page) -> None:
    held: list[Route] = []
    article.route("**/write.js*", lambda route: held.append(route))
    box = form(article).get_by_role("textbox", name="Comment")
    with article.expect_request("**/write.js"):
        box.focus()
    article.keyboard.type("Typed ")
    expect(form(article).get_by_role("button")).to_have_count(0)
    held[0].continue_()
    expect(form(article).get_by_role("textbox", name="Name")).to_be_visible()
    article.keyboard.type("early.")
    expect(box).to_be_focused()
    expect(box).to_have_value("Typed early.")


def test_a_form_that_does_not_arrive_says_so_and_comes_with_the_next_try(article: Page) -> None:
    article.route("**/write.js*", lambda route: route.abort())
    box = form(article).get_by_role("textbox", name="Comment")
    box.focus()
    article.keyboard.type("Still here.")
    expect(form(article).get_by_text("The form could not be loaded. Your text is still here")).to_be_visible()
    article.unroute("**/write.js*")
    box.blur()
    box.focus()
    expect(form(article).get_by_role("textbox", name="Name")).to_be_visible()
    expect(box).to_have_value("Still here.")
    expect(form(article).get_by_text("The form could not be loaded.")).to_be_hidden()


def test_a_draft_outlives_a_reload_without_the_address_of_its_writer(article: Page, live: Live) -> None:
    live.approve(live.post(thread="/demo/", author="Grace"))
    opened(article, f"{live.url}/demo/")
    begun(article).get_by_role("textbox", name="Comment").fill("Half a thought")
    form(article).get_by_role("textbox", name="E-mail").fill("ada@example.org")
    article.get_by_role("button", name="Reply to Grace").click()
    article.keyboard.type("Half a reply")
    article.reload()
    expect(form(article).get_by_role("textbox", name="Comment")).to_have_value("Half a thought")
    article.get_by_role("button", name="Reply to Grace").click()
    expect(form(article, "Reply to Grace").get_by_role("textbox", name="Comment")).to_have_value("Half a reply")
    assert "example.org" not in article.evaluate("JSON.stringify(localStorage)")
    write(form(article, "Reply to Grace"), "A whole reply.")
    expect(comment(article)).to_contain_text(WAITING)
    article.reload()
    expect(form(article).get_by_role("textbox", name="Comment")).to_have_value("Half a thought")


def test_a_retry_after_a_reload_makes_no_second_comment(article: Page, live: Live) -> None:
    keys = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        keys.append(route.request.headers["idempotency-key"])
        route.fetch()
        return route.abort("connectionreset")

    article.route("**/comments", lose_the_answer)
    write(form(article))
    expect(article.get_by_role("status")).to_contain_text("Your text is still here; please try again.")
    article.unroute("**/comments")
    article.reload()
    expect(form(article).get_by_role("textbox", name="Comment")).to_have_value("The ball helped, thank you.")
    write(form(article))
    expect(comment(article)).to_contain_text(WAITING)
    with live.moderator() as client:
        assert client.get(f"{live.api}/queue").json()["total"] == 1
    article.reload()
    expect(form(article).get_by_role("textbox", name="Comment")).to_have_value("")


def test_markdown_can_be_had_by_buttons_and_by_the_keyboard_and_taken_back(article: Page) -> None:
    box = begun(article).get_by_role("textbox", name="Comment")
    box.fill("The ball helped.")
    box.evaluate("box => box.setSelectionRange(4, 8)")
    form(article).get_by_role("button", name="Bold").click()
    expect(box).to_have_value("The **ball** helped.")
    expect(box).to_be_focused()
    article.keyboard.press("Control+z")
    expect(box).to_have_value("The ball helped.")
    article.keyboard.press("Shift+Tab")
    expect(form(article).get_by_role("button", name="Bold")).to_be_focused()
    article.keyboard.press("ArrowRight")
    expect(form(article).get_by_role("button", name="Italic")).to_be_focused()
    article.keyboard.press("ArrowLeft")
    article.keyboard.press("ArrowLeft")
    expect(form(article).get_by_role("button", name="Preview")).to_be_focused()
    box.fill("The **ball** helped.")
    form(article).get_by_role("button", name="Preview").click()
    expect(form(article).get_by_role("strong")).to_have_text("ball")
    box.press("End")
    article.keyboard.type("!")
    expect(form(article).get_by_role("strong")).to_have_count(0)


def test_characters_are_counted_where_they_run_short(article: Page) -> None:
    box = begun(article).get_by_role("textbox", name="Comment")
    box.fill("x" * 4000)
    expect(form(article).get_by_text("left")).to_be_hidden()
    box.fill("🎈" * 4990)
    expect(form(article).get_by_text("10 characters left")).to_be_visible()
    write(form(article), "🎈" * 5001)
    expect(form(article).get_by_text("This is 5,001 characters long; at most 5,000 fit.")).to_be_visible()


def test_a_page_that_isolates_itself_and_meddles_gets_a_working_widget(page: Page, host: HostPage, live: Live) -> None:
    page.add_init_script(
        "Array.prototype.toJSON = function () { return 'meddled' };"
        "Element.prototype.remove = function () { this.hidden = true };"
        "String.prototype.trim = function () { return String(this).replace(/^ +| +$/g, '') };"
    )
    isolated = {"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin"}
    policy = f"default-src 'none'; script-src {live.url}; connect-src {live.url}; require-trusted-types-for 'script'"
    opened(page, host(policy, headers=isolated))
    write(form(page), "It **works**.")
    expect(comment(page)).to_contain_text(WAITING)
    expect(comment(page).get_by_role("strong")).to_have_text("works")


def test_the_shortcuts_of_a_page_do_not_fire_while_somebody_writes(article: Page) -> None:
    article.evaluate("window.heard = 0; document.addEventListener('keydown', () => heard++)")
    form(article).get_by_role("textbox", name="Comment").focus()
    article.keyboard.type("quick")
    expect(form(article).get_by_role("textbox", name="Comment")).to_have_value(re.compile("quick"))
    assert article.evaluate("heard") == 0
