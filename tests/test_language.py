"""The words of the pages for readers: every language has every one of them."""

import re
from pathlib import Path

import pytest

from service.web import language
from service.web.language import LANGUAGES, Words, accepted, chosen, first_known, words
from service.web.plain_form import TYPED
from service.web.thread_page import BEYOND

WEB = Path(language.__file__).parent
PAGES = WEB / "words" / "page"
ENGLISH = words("en")
PLURALS = [0, 1, 2, 3, 5, 11, 21, 100, 1_000_000]


def said() -> set[str]:
    """The keys that the pages and their code name."""
    files = [*WEB.glob("templates/*embed*.html"), WEB / "templates/thread.html", *WEB.glob("*.py")]
    found = {key for path in files for key in re.findall(r'say\(\s*"([a-z-]+)"', path.read_text())}
    made = {f"wrong-{name}" for name in ("body", "author")} | {f"page-wrong-{name}" for name in ("website", "consent")}
    made |= {"page-email-needed", "email-hint", "page-problem-text", "page-not-found", "page-not-found-text"}
    return found | made | set(BEYOND.values()) | {"sort-oldest", "posted-pending", "posted-approved"} - {"sort-"}


def places(text: str | dict[str, str]) -> set[str]:
    forms = [text] if isinstance(text, str) else list(text.values())
    return {place for form in forms for place in re.findall(r"\{(\w+)\}", form)}


@pytest.mark.parametrize("name", sorted(LANGUAGES.values()))
def test_every_language_has_every_word_of_the_pages(name: str) -> None:
    catalogue, english = language._catalogue(name), language._catalogue("en")
    for key in said() - {"sort-"}:
        assert key in catalogue, f"{name} has no {key}"
        assert places(catalogue[key]) == places(english[key]), f"{name}: {key}"


@pytest.mark.parametrize("path", sorted(PAGES.iterdir()), ids=lambda path: str(path.stem))
def test_the_pages_own_words_are_the_same_in_every_language(path: Path) -> None:
    texts, english = (language._decode(one.read_bytes()) for one in (path, PAGES / "en.json"))
    assert list(texts) == list(english)
    for key, text in texts.items():
        assert text and places(text) == places(english[key]), key


@pytest.mark.parametrize("name", sorted(LANGUAGES.values()))
def test_every_plural_of_a_language_can_be_said(name: str) -> None:
    for n in PLURALS:
        assert "{" not in Words(name).say("count", n=n)


def test_numbers_and_plurals_are_the_languages_own() -> None:
    assert ENGLISH.say("count", n=1) == "1 comment"
    assert ENGLISH.say("count", n=1_234) == "1,234 comments"
    assert ENGLISH.date(0) == "January 1, 1970"
    assert ENGLISH.direction == "ltr"


def test_a_name_turns_nothing_around_it() -> None:
    assert ENGLISH.say("comment-by", author="\u05d3\u05d5\u05d3") == "Comment by \u2068\u05d3\u05d5\u05d3\u2069"


def test_the_most_wanted_language_that_is_known_is_taken() -> None:
    assert accepted("de-AT;q=0.5, fr, en;q=0, *;q=0.1") == ["fr", "de-AT", "*"]
    assert accepted("") == [""]
    assert first_known(["xx", "EN-gb"]) == "en"
    assert first_known(["xx", "", "../en"]) is None


def test_the_address_decides_before_the_site_and_the_site_before_the_browser() -> None:
    assert chosen("en", ["xx"], "xx") == (words("en"), True)
    assert chosen(None, ["en"], "xx") == (words("en"), True)
    assert chosen("xx", [], "en") == (words("en"), False)
    assert chosen(None, [], "xx") == (words("en"), False)


def test_what_can_be_typed_has_a_name() -> None:
    for name in ("body", "author", "email", "website"):
        assert name in TYPED and ENGLISH.say(name)
