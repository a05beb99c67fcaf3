"""Offers, promises and praise for any page are found."""

import pytest

from tests.checks import found, says


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("Check out my channel", "promotional phrases: “check out my”"),
        ("Great post, thanks for sharing", "praise for any page: “great post”"),
    ],
)
def test_phrases_are_named(body: str, detail: str) -> None:
    assert detail in says("promotional", body)


def test_an_offer_says_more_than_praise() -> None:
    offer, praise = found("promotional", "Check out my channel"), found("promotional", "Great post")
    assert offer and praise
    assert offer.weight > praise.weight > 0


def test_a_question_is_left_alone() -> None:
    assert found("promotional", "How long do you hold the stretch, and how often?") is None
