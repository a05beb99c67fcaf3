"""What readers think of a comment: found helpful, reported, followed by a feed; and what the site wants of a writer."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.reader import WAITING, HostPage, begun, comment, form, opened, write
from tests.conftest import Live

pytestmark = pytest.mark.browser


@pytest.fixture
def grace(page: Page, live: Live) -> str:
    """A comment by Grace under the demonstration article, which is open."""
    name = live.post(thread="/demo/", author="Grace")
    live.approve(name)
    opened(page, f"{live.url}/demo/")
    return name


def votes(live: Live) -> int:
    return int(live.read(thread="/demo/")["comments"][0]["votes"])


def test_a_comment_is_found_helpful_remembered_here_and_taken_back(page: Page, live: Live, grace: str) -> None:
    helpful = comment(page, "Grace").get_by_role("button", name="Helpful")
    expect(helpful).to_have_attribute("aria-pressed", "false")
    with page.expect_response("**/vote"):
        helpful.click()
    expect(helpful).to_have_text("Helpful 1")
    assert votes(live) == 1
    page.reload()
    expect(helpful).to_have_text("Helpful 1")
    expect(helpful).to_have_attribute("aria-pressed", "true")
    with page.expect_response("**/vote"):
        helpful.click()
    expect(helpful).to_have_attribute("aria-pressed", "false")
    assert votes(live) == 0


def test_a_vote_is_shown_at_once_and_taken_back_if_it_does_not_count(page: Page, live: Live, grace: str) -> None:
    held: list[Route] = []
    page.route("**/vote", lambda route: held.append(route))
    helpful = comment(page, "Grace").get_by_role("button", name="Helpful")
    with page.expect_request("**/vote"):
        helpful.click()
    expect(helpful).to_have_text("Helpful 1")
    held[0].abort()
    expect(page.get_by_role("status")).to_have_text("That could not be counted. Please try again.")
    expect(helpful).to_have_text("Helpful")
    expect(helpful).to_have_attribute("aria-pressed", "false")


def test_a_report_asks_first_and_says_thank_you(page: Page, live: Live, grace: str) -> None:
    comment(page, "Grace").get_by_role("button", name="Report").click()
    sure = comment(page, "Grace").get_by_role("button", name="Report it to a moderator?")
    expect(sure).to_be_visible()
    with live.moderator() as client:
        queue = f"{live.api}/queue"
        assert client.get(queue, params={"status": "approved"}).json()["items"][0]["reports"] == 0
        sure.click()
        expect(page.get_by_role("status")).to_have_text("Thank you. A moderator will look at it.")
        assert client.get(queue, params={"status": "approved"}).json()["items"][0]["reports"] == 1


def test_a_site_may_do_without_votes(page: Page, host: HostPage, live: Live) -> None:
    live.approve(live.post(thread="/own", author="Grace"))
    opened(
        page,
        host(element='<gatepost-comments site="demo" thread="/own"></gatepost-comments>', script='data-votes="off"'),
    )
    expect(comment(page, "Grace").get_by_role("button", name="Report")).to_be_visible()
    expect(comment(page, "Grace").get_by_role("button", name="Helpful")).to_have_count(0)


def test_a_thread_can_be_followed(page: Page, live: Live, grace: str) -> None:
    address = page.get_by_role("link", name="Atom feed").get_attribute("href")
    with live.client() as client:
        answer = client.get(address or "")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert grace in answer.text


def test_a_form_asks_for_what_the_site_wants(page: Page, live: Live) -> None:
    live.set_policy(email="required", website="off", consent="I agree to be quoted.", body_max=100)
    opened(page, f"{live.url}/demo/")
    begun(page)
    expect(form(page).get_by_role("textbox", name="Website")).to_have_count(0)
    write(form(page), "x" * 101)
    expect(page.get_by_role("status")).to_have_text("2 fields need a change.")
    expect(form(page).get_by_text("This is 101 characters long; at most 100 fit.")).to_be_visible()
    expect(form(page).get_by_text("Please write your e-mail address")).to_be_visible()
    form(page).get_by_role("textbox", name="E-mail").fill("ada@example.org")
    write(form(page), "Short enough.")
    expect(page.get_by_role("status")).to_have_text("Please tick this box; without it the comment cannot be sent.")
    agree = form(page).get_by_role("checkbox", name="I agree to be quoted.")
    expect(agree).to_be_focused()
    agree.check()
    form(page).get_by_role("button", name="Send").click()
    expect(comment(page)).to_contain_text(WAITING)
