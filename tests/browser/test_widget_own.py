"""What becomes of an author's own comment, told to the author alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reader import WAITING, comment, form, write
from tests.conftest import Live

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("action", "words"), [("approve", None), ("reject", "A moderator decided not to publish")])
def test_an_author_learns_what_became_of_a_comment(article: Page, live: Live, action: str, words: str | None) -> None:
    write(form(article))
    expect(comment(article)).to_contain_text(WAITING)
    with live.moderator() as client:
        (waiting,) = client.get(f"{live.api}/queue").json()["items"]
    live.decide(action, waiting["id"])
    article.reload()
    expect(comment(article)).not_to_contain_text(WAITING)
    if words:
        expect(comment(article)).to_contain_text(words)
        article.reload()
        expect(article.get_by_text("No comments yet")).to_be_visible()
        expect(comment(article)).to_have_count(0)
