"""Every check keeps the same promises; each finds what it is for and leaves an ordinary comment alone."""

import base64
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.checks import CHECK_FAILED, CHECKS, KINDS, Check, Kind, signals
from service.model import Author, Draft, Evidence, Facts, Learned, Signal
from service.policy import Effect, RuleHit, RuleKind
from tests.checks import SITE, found

NOISE = random.Random(0)
HOSTILE = {
    "nothing": "",
    "one emoji": "👍",
    "10,000 combining marks": "\u0301" * 10_000,
    "9,999 links": "http://a.b " * 9_999,
    "one word of 10,000 letters": "a" * 10_000,
    "right to left": "\u202eשלום עולם مرحبا بالعالم " * 300,
    "mixed scripts": "раураl Ρaypal раypаl " * 450,
    "HTML": "<a href='x'><b onclick=1><script>" * 300,
    "base64": base64.b64encode(NOISE.randbytes(7_000)).decode(),
    "markdown": "[a](" * 2_500,
    "stars": "f*z" * 3_300,
    "letters apart": "a.b " * 2_500,
    "every character": "".join(map(chr, range(0x21, 0xD7FF, 6))),
    "line ends": "\r\n\u2028\x0b" * 2_500,
    "NUL": "a\x00b",
}
FULL = Facts(
    SITE,
    references=frozenset({"b.example"}),
    languages=("en",),
    rules=(RuleHit(Effect.BLOCK, RuleKind.WORD, "\x00a" * 100, "a list", " in the name"),) * 20,
    author=Author(10_000, 10_000, trusted=True),
    same_text=10_000,
    near_copies=10_000,
    from_there=10_000,
    learned={feature: Learned(500_000, 1_000_000) for feature in range(0, 330_000, 7)},
)


def assert_readable(evidence: Evidence, body: str) -> None:
    assert evidence.detail.strip()
    assert evidence.detail.isprintable()
    assert len(evidence.detail) < 600
    assert all(0 <= start < end <= len(body) for start, end in evidence.spans)


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_no_check_fails_on_any_text(check: Check, body: str) -> None:
    for draft in (
        Draft("t", "Anna", body),
        Draft("t", body, body, website=body),
        Draft("t", "", "", website="http://[::1"),
    ):
        for facts in (Facts(), FULL):
            evidence = check.look(draft, facts)
            if evidence:
                assert_readable(evidence, draft.body)


@given(st.text(max_size=200), st.text(max_size=40), st.none() | st.text(max_size=60))
def test_no_check_fails_on_any_draft(body: str, author: str, website: str | None) -> None:
    for signal in signals(Draft("t", author, body, website=website), FULL):
        assert signal.check != CHECK_FAILED
        assert all(0 <= start < end <= len(body) for start, end in signal.spans)


ORDINARY = (
    "My sciatica got worse after sitting all day; walking helps (see https://example.org/walking). What do you do?"
)


@pytest.mark.parametrize("check", [check.name for check in CHECKS if check.name != "learned"])
def test_no_check_finds_anything_in_an_ordinary_comment(check: str) -> None:
    assert found(check, ORDINARY, website="https://example.org/", language="en") is None


def test_a_check_that_fails_becomes_a_signal_and_stops_no_other() -> None:
    def broken(draft: Draft, facts: Facts) -> Evidence | None:
        raise RuntimeError

    failed: list[str] = []
    checks = (Check("broken", Kind.SPAM, 1.0, broken), *CHECKS)
    result = signals(Draft("t", "Anna", "what the fuck"), Facts(), checks, failed.append)
    assert failed == ["broken"]
    assert result[0] == Signal(CHECK_FAILED, 0, "the check «broken» could not run; a person should look")
    assert "profanity" in {signal.check for signal in result}


def test_a_check_that_is_late_holds_the_comment_and_keeps_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.checks.LATE", -1.0)
    found_anyway, late = signals(Draft("t", "Anna", "what the fuck"), Facts(), [CHECKS[-5]])[::-1]
    assert CHECKS[-5].name == found_anyway.check == "profanity"
    assert late == Signal(CHECK_FAILED, 0, "the check «profanity» took too long; a person should look")


# Some checks are two sides of one thing, and stand in one file.
TOGETHER = {"blocked": "rules", "held": "rules", "allowed": "rules", "trusted": "author", "burst": "recent"}


@pytest.mark.parametrize("check", [check.name for check in CHECKS])
def test_every_check_has_a_file_of_tests(check: str) -> None:
    assert (Path(__file__).parent / "checks" / f"test_{TOGETHER.get(check, check)}.py").exists()


def test_every_signal_has_a_kind() -> None:
    assert {check.name for check in CHECKS} | {CHECK_FAILED} == set(KINDS)
    assert len({check.name for check in CHECKS}) == len(CHECKS)
