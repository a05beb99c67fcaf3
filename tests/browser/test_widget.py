"""What readers do with the comments under an article, by the names that a screen reader says."""

import pytest
from playwright.sync_api import Page, Route, expect

from service.clock import MINUTE
from tests.browser.reader import WAITING, HostPage, begun, comment, form, opened, write
from tests.conftest import Live

pytestmark = pytest.mark.browser


def test_an_article_begins_without_comments(article: Page) -> None:
    expect(article.get_by_role("heading", name="Comments", exact=True)).to_be_visible()
    expect(article.get_by_text("No comments yet. Be the first.")).to_be_visible()
    expect(form(article)).to_be_visible()


def test_a_comment_waits_is_seen_by_its_author_alone_and_is_public_once_approved(article: Page, live: Live) -> None:
    write(form(article), "The **ball** helped.")
    expect(article.get_by_role("status")).to_have_text("Thank you. Your comment is waiting for approval.")
    expect(comment(article)).to_contain_text(WAITING)
    expect(form(article).get_by_role("textbox", name="Comment")).to_have_value("")

    article.reload()
    expect(comment(article)).to_contain_text(WAITING)
    expect(comment(article).get_by_role("strong")).to_have_text("ball")
    assert live.read(thread="/demo/")["comments"] == []

    live.approve()
    article.reload()
    expect(article.get_by_text("1 comment", exact=True)).to_be_visible()
    expect(comment(article)).to_have_count(1)
    expect(comment(article)).not_to_contain_text(WAITING)
    assert "The" not in article.evaluate("JSON.stringify(localStorage)"), "the copy on the device is gone"


def test_the_widget_says_when_writing_began_and_in_which_language_the_page_is(article: Page, live: Live) -> None:
    form(article).get_by_role("textbox", name="Comment").click()
    with article.expect_request("**/comments") as sent:
        write(form(article))
    given = sent.value.post_data_json or {}
    assert given["language"] == "en"
    assert given["form_token"]
    expect(comment(article)).to_contain_text(WAITING)


def test_a_writer_is_warned_once_where_the_site_wants_it_and_may_send_all_the_same(article: Page, live: Live) -> None:
    live.set_policy(warn=True)
    write(form(article), "What the fuck, call +44 7700 900123")
    warning = "A moderator may mind: “+44 7700 900123”, “fuck”. Change it, or send it again as it is."
    expect(form(article).get_by_text(warning)).to_be_visible()
    expect(comment(article)).to_have_count(0)
    form(article).get_by_role("button", name="Send").click()
    expect(comment(article)).to_contain_text(WAITING)


def test_other_readers_do_not_see_a_waiting_comment(article: Page, live: Live) -> None:
    live.post(thread="/demo/", author="Somebody", body="Not yet public.")
    opened(article, f"{live.url}/demo/")
    expect(article.get_by_role("article", name="Comment by")).to_have_count(0)


def test_a_reply_is_written_in_place_and_stands_under_its_comment(article: Page, live: Live) -> None:
    live.approve(live.post(thread="/demo/", author="Grace", body="How long do you hold it?"))
    opened(article, f"{live.url}/demo/")
    article.get_by_role("button", name="Reply to Grace").click()
    reply = form(article, "Reply to Grace")
    expect(reply.get_by_role("textbox", name="Comment")).to_be_focused()
    write(reply, "Half a minute.")
    expect(reply).to_have_count(0)
    expect(comment(article)).to_be_focused()
    expect(article.get_by_role("status")).to_have_text("Thank you. Your comment is waiting for approval.")
    under_grace = article.get_by_role("listitem").filter(has=comment(article, "Grace")).get_by_role("list")
    expect(under_grace.get_by_role("article", name="Comment by Ada")).to_contain_text(WAITING)

    live.approve()
    article.reload()
    expect(under_grace.get_by_role("article", name="Comment by Ada")).not_to_contain_text(WAITING)


def test_escape_closes_a_reply_returns_the_focus_and_keeps_the_words(article: Page, live: Live) -> None:
    live.approve(live.post(thread="/demo/", author="Grace"))
    opened(article, f"{live.url}/demo/")
    opener = article.get_by_role("button", name="Reply to Grace")
    opener.click()
    article.keyboard.type("Half a")
    article.keyboard.press("Escape")
    expect(form(article, "Reply to Grace")).to_have_count(0)
    expect(opener).to_be_focused()
    opener.click()
    expect(form(article, "Reply to Grace").get_by_role("textbox", name="Comment")).to_have_value("Half a")


def test_each_wrong_field_says_what_is_wrong(article: Page) -> None:
    begun(article).get_by_role("textbox", name="E-mail").fill("nonsense")
    form(article).get_by_role("button", name="Send").click()
    body = form(article).get_by_role("textbox", name="Comment")
    expect(body).to_be_focused()
    expect(body).to_have_accessible_description("Please write a comment. Markdown works here")
    expect(body).to_have_attribute("aria-invalid", "true")
    name = form(article).get_by_role("textbox", name="Name")
    expect(name).to_have_accessible_description("Please write your name.")
    email = form(article).get_by_role("textbox", name="E-mail")
    expect(email).to_have_accessible_description("Write it like name@example.org, or leave it empty. optional, private")
    expect(article.get_by_role("status")).to_have_text("3 fields need a change.")
    name.fill("Ada")
    expect(name).to_have_attribute("aria-invalid", "false")


def test_what_only_the_service_knows_to_be_wrong_is_shown_at_its_field(article: Page) -> None:
    begun(article).get_by_role("textbox", name="Website").fill("javascript:alert(1)")
    write(form(article))
    website = form(article).get_by_role("textbox", name="Website")
    expect(website).to_be_focused()
    expect(website).to_have_accessible_description(
        "Website is not a web address; write it like https://example.org optional"
    )
    expect(form(article).get_by_role("textbox", name="Comment")).to_have_value("The ball helped, thank you.")


def test_a_retry_after_a_cut_connection_makes_no_second_comment(article: Page, live: Live) -> None:
    keys = []

    def cut_the_first_answer(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        keys.append(route.request.headers["idempotency-key"])
        answer = route.fetch()
        return route.abort("connectionreset") if len(keys) == 1 else route.fulfill(response=answer)

    article.route("**/comments", cut_the_first_answer)
    write(form(article))
    expect(article.get_by_role("status")).to_contain_text("Your text is still here; please try again.")
    expect(form(article).get_by_role("textbox", name="Comment")).to_have_value("The ball helped, thank you.")
    form(article).get_by_role("button", name="Send").click()
    expect(comment(article)).to_contain_text(WAITING)
    assert keys[0] == keys[1]
    with live.moderator() as client:
        assert client.get(f"{live.api}/queue").json()["total"] == 1


def test_one_who_writes_too_fast_is_told_how_long_to_wait(article: Page) -> None:
    problem = '{"type": "https://comments.example/problems/too-fast", "detail": "too many", "status": 429}'
    article.route(
        "**/comments",
        lambda route: route.fulfill(
            status=429, body=problem, content_type="application/problem+json", headers={"retry-after": "7"}
        ),
    )
    write(form(article))
    expect(article.get_by_role("status")).to_contain_text("please try again in 7 seconds")


def test_where_comments_are_closed_nobody_is_offered_a_form(page: Page, live: Live) -> None:
    live.set_policy(open=False)
    opened(page, f"{live.url}/demo/")
    expect(page.get_by_text("Comments are closed.")).to_be_visible()
    expect(form(page)).to_be_hidden()


def test_comments_that_could_not_be_loaded_can_be_asked_for_again(page: Page, live: Live) -> None:
    live.approve(live.post(thread="/demo/", author="Grace"))
    page.route("**/comments?*", lambda route: route.abort())
    opened(page, f"{live.url}/demo/")
    expect(page.get_by_role("status")).to_have_text("The comments could not be loaded.")
    page.unroute("**/comments?*")
    page.get_by_role("button", name="Try again").click()
    expect(comment(page, "Grace")).to_be_visible()


def test_an_author_edits_and_deletes_a_waiting_comment(article: Page) -> None:
    write(form(article), "Teh ball helped.")
    comment(article).get_by_role("button", name="Edit").click()
    change = form(article, "Edit your comment")
    expect(change.get_by_role("textbox", name="Comment")).to_have_value("Teh ball helped.")
    change.get_by_role("textbox", name="Comment").fill("The ball helped.")
    change.get_by_role("button", name="Save changes").click()
    expect(comment(article)).to_contain_text("The ball helped.")
    expect(comment(article)).to_be_focused()
    article.reload()
    expect(comment(article)).to_contain_text("The ball helped.")
    comment(article).get_by_role("button", name="Delete").click()
    comment(article).get_by_role("button", name="Delete for good?").click()
    expect(comment(article)).to_have_count(0)
    expect(article.get_by_role("status")).to_have_text("Your comment is deleted.")
    article.reload()
    expect(article.get_by_text("No comments yet. Be the first.")).to_be_visible()


def test_a_comment_that_can_no_longer_be_changed_says_so(article: Page, live: Live) -> None:
    write(form(article))
    expect(comment(article)).to_be_visible()
    live.clock.turn(20 * MINUTE)
    comment(article).get_by_role("button", name="Delete").click()
    comment(article).get_by_role("button", name="Delete for good?").click()
    expect(comment(article).get_by_text("This comment can no longer be changed.")).to_be_visible()


def test_a_name_is_remembered_only_if_that_is_ticked(article: Page) -> None:
    write(form(article))
    expect(comment(article)).to_be_visible()
    article.reload()
    expect(begun(article).get_by_role("textbox", name="Name")).to_have_value("")
    form(article).get_by_role("checkbox", name="Remember me on this device").check()
    write(form(article), "A second one.")
    expect(comment(article)).to_have_count(2)
    article.reload()
    expect(begun(article).get_by_role("textbox", name="Name")).to_have_value("Ada")


def test_a_comment_is_posted_with_the_keyboard_alone(article: Page) -> None:
    article.get_by_role("link", name="admin page").focus()
    article.keyboard.press("Shift+Tab")
    expect(article.get_by_role("link", name="Atom feed")).to_be_focused()
    article.keyboard.press("Shift+Tab")
    expect(form(article).get_by_role("textbox", name="Comment")).to_be_focused()
    article.keyboard.type("Written without a mouse.")
    expect(form(article).get_by_role("textbox", name="Name")).to_be_visible()
    article.keyboard.press("Tab")
    article.keyboard.type("Ada")
    article.keyboard.press("Control+Enter")
    expect(comment(article)).to_contain_text("Written without a mouse.")


def test_everything_works_where_the_browser_keeps_nothing(page: Page, live: Live) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    opened(page, f"{live.url}/demo/")
    write(form(page))
    expect(comment(page)).to_contain_text(WAITING)


@pytest.mark.parametrize("names", ["", "; trusted-types gatepost", "; trusted-types 'none'"])
@pytest.mark.parametrize("sanitizer", ["setHTML", "no setHTML"])
def test_a_strict_page_gets_a_working_widget(
    page: Page, host: HostPage, live: Live, names: str, sanitizer: str
) -> None:
    policy = f"default-src 'none'; script-src {live.url}; connect-src {live.url}; require-trusted-types-for 'script'"
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "favicon" not in message.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    if sanitizer == "no setHTML":
        page.add_init_script("delete Element.prototype.setHTML")
    opened(page, host(policy + names, ""))
    write(form(page), "It **works** & says `<so>`.")
    expect(comment(page)).to_contain_text("It works & says <so>.")
    expect(comment(page)).to_contain_text(WAITING)
    left = page.get_by_role("textbox", name="Comment").evaluate("box => getComputedStyle(box).borderRadius")
    assert left == "8px", "the widget's own style sheet is at work"
    if sanitizer == "setHTML":
        assert complaints == []


def test_links_in_comments_vouch_for_nothing(article: Page, live: Live) -> None:
    live.approve(
        live.post(thread="/demo/", author="Grace", body="See https://example.org/a", website="https://a.example")
    )
    opened(article, f"{live.url}/demo/")
    others = comment(article, "Grace").locator("a:not(.link)")
    expect(others).to_have_count(2)
    for link in others.all():
        expect(link).to_have_attribute("rel", "nofollow ugc noopener noreferrer")


def test_a_hostile_comment_stays_in_its_box(article: Page, live: Live) -> None:
    live.set_policy(body_max=10_000)
    marks = "e" + "\u0301" * 500
    live.approve(
        live.post(thread="/demo/", author="W" * 80, body="W" * 9_990),
        live.post(
            thread="/demo/", author="\u05d0\u05d1\u05d2", body=f"\u202eright to left {marks}\n\n```\n{'x' * 500}\n```"
        ),
        live.post(thread="/demo/", author="Grace", body="I come after them."),
    )
    for width in (1280, 320):
        article.set_viewport_size({"width": width, "height": 800})
        opened(article, f"{live.url}/demo/")
        expect(comment(article, "Grace")).to_contain_text("I come after them.")
        assert article.evaluate("document.documentElement.scrollWidth") <= width
        region = article.get_by_role("region", name="Comments").bounding_box()
        assert region
        for box in (one.bounding_box() for one in article.get_by_role("article", name="Comment by").all()):
            assert box and box["x"] >= region["x"] and box["x"] + box["width"] <= region["x"] + region["width"] + 1


def test_more_comments_are_loaded_without_losing_the_place(article: Page, live: Live) -> None:
    live.approve(*[live.post(thread="/demo/", author=f"Reader {n}", body=f"Thought number {n}.") for n in range(52)])
    opened(article, f"{live.url}/demo/")
    expect(article.get_by_role("article", name="Comment by")).to_have_count(50)
    article.get_by_role("button", name="Load more comments").click()
    expect(comment(article, "Reader 50")).to_be_focused()
    expect(article.get_by_role("article", name="Comment by")).to_have_count(52)
    expect(article.get_by_role("status")).to_have_text("2 more comments are shown.")
    expect(article.get_by_role("button", name="Load more comments")).to_be_hidden()
    article.get_by_role("combobox", name="Sort by").select_option("Newest")
    expect(article.get_by_role("article", name="Comment by").first).to_have_accessible_name("Comment by Reader 51")


def test_a_page_hears_what_happens(article: Page) -> None:
    article.evaluate(
        "window.heard = []; for (const name of ['posted', 'error'])"
        " document.addEventListener(`gatepost:${name}`, (event) => heard.push([name, event.detail.status]))"
    )
    begun(article).get_by_role("textbox", name="Website").fill("javascript:alert(1)")
    write(form(article))
    expect(form(article).get_by_role("textbox", name="Website")).to_be_focused()
    form(article).get_by_role("textbox", name="Website").fill("")
    form(article).get_by_role("button", name="Send").click()
    expect(comment(article)).to_be_visible()
    assert article.evaluate("heard") == [["error", 422], ["posted", "pending"]]
