"""A comment in another language than the page's is noticed, and only when that is sure."""

import pytest

from service.checks.language import language
from service.model import Draft, Facts


def says(body: str, *languages: str, page: str | None = None) -> str | None:
    found = language(Draft("t", "A", body, language=page), Facts(languages=languages))
    return found.detail if found else None


INDONESIAN = "Saya sudah mencoba cara ini dan hasilnya tidak ada yang berubah untuk saya, terima kasih"
RUSSIAN = "Спасибо большое за вашу статью, очень помогло"


@pytest.mark.parametrize(
    ("body", "written"),
    [
        (INDONESIAN, "Indonesian"),
        (RUSSIAN, "Cyrillic letters"),
        ("Das ist nicht der Artikel, den ich auf der Seite gesucht habe", "German"),
        ("这是一个很好的网站，我会再来的，谢谢你们", "Chinese letters"),
    ],
)
def test_another_language_is_named(body: str, written: str) -> None:
    assert says(body, "en") == f"written in {written}; the page is in English"


def test_the_page_says_its_language_where_the_policy_does_not() -> None:
    assert says(RUSSIAN, page="en") and not says(RUSSIAN, page="ru") and not says(RUSSIAN, "en", "ru", page="en")


@pytest.mark.parametrize("body", ["Danke!", "👍👍👍", "ok", "C++ und die", "http://a.example", "Спасибо"])
def test_what_is_too_short_to_tell_is_left_alone(body: str) -> None:
    assert says(body, "en") is None


def test_the_pages_own_language_and_an_unknown_one_are_left_alone() -> None:
    assert says("Das ist nicht der Artikel, den ich auf der Seite gesucht habe", "de") is None
    assert says(INDONESIAN) is None
