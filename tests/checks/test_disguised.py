"""Tricks of Unicode and letters set apart are found; other alphabets are left alone."""

import pytest

from tests.checks import found, says


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("c\u200ba\u200bs\u200bino", "invisible character"),
        ("раypal", "Latin and Cyrillic"),
        ("c h e a p", "one word with gaps between the letters"),
        ("𝐜𝐡𝐞𝐚𝐩", "ornamental letters"),
        ("see \u202egro.live", "turn the direction of reading"),
    ],
)
def test_each_trick_is_named(body: str, detail: str) -> None:
    assert detail in says("disguised", body)


@pytest.mark.parametrize("body", ["Привет, как дела?", "café naïve", "e.g. this", "שלום עולם", "👩\u200d👩\u200d👧"])
def test_other_ways_of_writing_are_left_alone(body: str) -> None:
    assert found("disguised", body) is None
