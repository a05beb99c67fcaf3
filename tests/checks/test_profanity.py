"""Profanity is found in the text, the name and the website; how words are seen is in tests/test_profanity.py."""

import pytest

from tests.checks import found, says


def test_profanity_says_how_grave_it_is_and_what_was_written() -> None:
    assert says("profanity", "what the f*ck") == "strong language: “f*ck”"


@pytest.mark.parametrize(("author", "website"), [("Fuck You", ""), ("Anna", "https://fuck.example")])
def test_profanity_in_the_name_or_the_website_is_found(author: str, website: str) -> None:
    signal = found("profanity", "hello", author=author, website=website)
    assert signal
    assert "in the author's" in signal.detail
    assert signal.spans == ()


def test_bodies_in_an_article_on_health_are_clean() -> None:
    assert found("profanity", "The pelvic floor, the anus and the breast are parts of the body; so is sex.") is None
