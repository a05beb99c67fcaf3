"""The whole job as a person sees it: write under the article, wait, be approved on the admin page, be read."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.reader import SCROLL_DOWN
from tests.conftest import Live

pytestmark = pytest.mark.browser


def test_a_comment_goes_from_the_article_to_the_queue_and_back(browser: Browser, live: Live) -> None:
    reader, moderator, other = browser.new_context(), browser.new_context(), browser.new_context()
    for context in (reader, other):
        context.add_init_script(SCROLL_DOWN)
    article = reader.new_page()
    article.goto(f"{live.url}/demo/")
    expect(article.get_by_text("No comments yet")).to_be_visible()
    article.get_by_role("textbox", name="Comment").fill("The ball against the wall **works**.")
    article.get_by_label("Name").fill("Ada")
    article.get_by_role("button", name="Send comment").click()
    waiting = article.get_by_role("article").filter(has_text="The ball against the wall")
    expect(waiting).to_contain_text("Waiting for approval")

    stranger = other.new_page()
    stranger.goto(f"{live.url}/demo/")
    expect(stranger.get_by_text("No comments yet")).to_be_visible()

    desk = moderator.new_page()
    desk.goto(f"{live.url}{live.login_link()}")
    desk.get_by_role("button", name="Sign in").click()
    held = desk.get_by_role("article").filter(has_text="The ball against the wall")
    expect(held).to_contain_text("Ada")
    held.get_by_role("button", name="Approve").click()
    expect(held).to_have_count(0)

    article.reload()
    published = article.get_by_role("article").filter(has_text="The ball against the wall")
    expect(published).to_have_count(1)
    expect(published).not_to_contain_text("Waiting")
    stranger.reload()
    seen = stranger.get_by_role("article").filter(has_text="The ball against the wall")
    expect(seen.locator("strong")).to_have_text("works")
    for context in (reader, moderator, other):
        context.close()
