"""Capitals, signs and words over and over are found; a name in capitals is left alone."""

import pytest

from tests.checks import found, says


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("THIS IS THE WORST ARTICLE EVER", "written in capitals"),
        ("really!!!!!!!", "“!!!!!…” again and again"),
        ("buy " * 30, "“buy” 30 times"),
    ],
)
def test_shouting_is_named(body: str, detail: str) -> None:
    assert detail in says("shouting", body)


@pytest.mark.parametrize("body", ["MRI and NHS", "Really?!", "no no no, please", "OK"])
def test_emphasis_is_left_alone(body: str) -> None:
    assert found("shouting", body) is None
