"""In which language the widget speaks, from which side, and with which plurals."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.reader import SCROLL_DOWN, WAITING, HostPage, opened
from tests.conftest import Live

pytestmark = pytest.mark.browser

ELEMENT = '<gatepost-comments site="demo" thread="/own" {}></gatepost-comments>'
PAGE_IN_FRENCH = "<script>document.documentElement.lang = 'fr-CA'</script>"


@pytest.mark.parametrize(
    ("before", "element", "script", "heading"),
    [
        (PAGE_IN_FRENCH, 'lang="es"', 'data-lang="it"', "Comentarios"),
        (PAGE_IN_FRENCH, "", 'data-lang="it"', "Commenti"),
        (PAGE_IN_FRENCH, "", 'data-lang="tlh"', "Commentaires"),
        (PAGE_IN_FRENCH, "", "", "Commentaires"),
        ("", "", "", "Kommentare"),
    ],
)
def test_the_language_is_what_is_asked_for_else_the_pages_else_the_readers(
    browser: Browser, host: HostPage, before: str, element: str, script: str, heading: str
) -> None:
    context = browser.new_context(locale="de-AT")
    page = context.new_page()
    page.goto(host(element=before + ELEMENT.format(element), script=script))
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    context.close()


def test_plurals_are_those_of_the_language(page: Page, host: HostPage, live: Live) -> None:
    live.approve(*[live.post(thread="/own", author=f"Reader {n}", body=f"Thought number {n}.") for n in range(3)])
    page.goto(host(element=ELEMENT.format('lang="pl"')))
    expect(page.get_by_text("3 komentarze", exact=True)).to_be_visible()
    page.evaluate("document.querySelector('gatepost-comments').lang = 'ru'")
    expect(page.get_by_text("3 комментария", exact=True)).to_be_visible()
    page.evaluate("document.querySelector('gatepost-comments').lang = 'ar'")
    expect(page.get_by_text("٣ تعليقات", exact=True).or_(page.get_by_text("3 تعليقات", exact=True))).to_be_visible()


@pytest.mark.parametrize("width", [320, 1280])
def test_arabic_and_hebrew_run_from_the_right(page: Page, host: HostPage, live: Live, width: int) -> None:
    live.approve(live.post(thread="/own", author="Grace", body="A thought."))
    page.set_viewport_size({"width": width, "height": 800})
    for language, heading in (("ar", "التعليقات"), ("he", "תגובות")):
        page.goto(host(element=ELEMENT.format(f'lang="{language}"')))
        region = page.get_by_role("region", name=heading)
        expect(region).to_have_attribute("dir", "rtl")
        expect(page.get_by_role("article")).to_be_visible()
        avatar, name = page.locator(".avatar").bounding_box(), page.locator(".author").bounding_box()
        assert avatar and name and avatar["x"] > name["x"]
        page.get_by_role("textbox").focus()
        expect(page.get_by_role("toolbar")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_words_one_sentence_says_so_and_another_try_brings_them(page: Page, live: Live) -> None:
    page.route("**/words/**", lambda route: route.abort())
    page.add_init_script(SCROLL_DOWN)
    page.goto(f"{live.url}/demo/")
    expect(page.get_by_role("status")).to_have_text("The comments could not be loaded.")
    expect(page.get_by_role("textbox")).to_be_hidden()
    page.unroute("**/words/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No comments yet. Be the first.")).to_be_visible()


def test_a_whole_comment_is_written_in_another_language(page: Page, host: HostPage, live: Live) -> None:
    opened(page, host(element='<gatepost-comments lang="en"></gatepost-comments>'))
    page.evaluate("document.querySelector('gatepost-comments').lang = 'de'")
    place = page.get_by_role("form", name="Einen Kommentar schreiben")
    place.get_by_role("textbox", name="Kommentar").fill("Der Ball hat geholfen.")
    place.get_by_role("textbox", name="Name").fill("Ada")
    place.get_by_role("button", name="Kommentar senden").click()
    expect(page.get_by_role("article", name="Kommentar von Ada")).to_contain_text("Wartet auf Freigabe")
    expect(page.get_by_text(WAITING)).to_have_count(0)
