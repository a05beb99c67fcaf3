"""The same text again is found, and counts less when it is short; almost the same is in test_recent.py."""

from service.model import Facts
from tests.checks import SITE, found


def test_the_same_text_again_is_found() -> None:
    long, short = (found("duplicates", body, Facts(SITE, same_text=2)) for body in ("x" * 100, "Thanks!"))
    assert long and short
    assert long.detail == "the same text was posted on this site twice before"
    assert long.weight > short.weight > 0


def test_a_first_text_is_left_alone() -> None:
    assert found("duplicates", "x" * 100) is None
