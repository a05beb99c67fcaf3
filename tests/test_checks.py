"""Every check keeps the same promises; each finds what it is for and leaves an ordinary comment alone."""

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.checks import CHECK_FAILED, CHECKS, KINDS, Check, Kind, signals
from service.model import Draft, Evidence, Facts, Learned, Signal

SITE = frozenset({"example.org"})
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
LEARNED = {feature: Learned(500_000, 1_000_000) for feature in range(0, 330_000, 7)}


def found(check: str, body: str, facts: Facts | None = None, author: str = "Anna", website: str = "") -> Signal | None:
    draft = Draft("t", author, body, website=website or None)
    return next((signal for signal in signals(draft, facts or Facts(SITE)) if signal.check == check), None)


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
        for facts in (Facts(), Facts(SITE, same_text=10_000, learned=LEARNED)):
            evidence = check.look(draft, facts)
            if evidence:
                assert_readable(evidence, draft.body)


@given(st.text(max_size=200), st.text(max_size=40), st.none() | st.text(max_size=60))
def test_no_check_fails_on_any_draft(body: str, author: str, website: str | None) -> None:
    for signal in signals(Draft("t", author, body, website=website), Facts(SITE, same_text=1, learned=LEARNED)):
        assert signal.check != CHECK_FAILED
        assert all(0 <= start < end <= len(body) for start, end in signal.spans)


@pytest.mark.parametrize(
    ("check", "body", "says"),
    [
        (
            "links",
            "see https://casino.example/x and http://b.casino.example",
            "two links to one outside site (casino.example)",
        ),
        ("links", "www.shop.example", "one link to an outside site (shop.example)"),
        ("links", "http://a.example http://b.example http://c.example http://d.example", "four links to outside sites"),
        ("profanity", "what the f*ck", "strong language: “f*ck”"),
        ("promotional", "Check out my channel", "promotional phrases: “check out my”"),
        ("promotional", "Great post, thanks for sharing", "praise for any page: “great post”"),
        ("shouting", "THIS IS THE WORST ARTICLE EVER", "written in capitals"),
        ("shouting", "really!!!!!!!", "“!!!!!…” again and again"),
        ("shouting", "buy " * 30, "“buy” 30 times"),
        ("disguised", "c\u200ba\u200bs\u200bino", "invisible character"),
        ("disguised", "раypal", "Latin and Cyrillic"),
        ("disguised", "c h e a p", "one word with gaps between the letters"),
        ("disguised", "𝐜𝐡𝐞𝐚𝐩", "ornamental letters"),
        ("markup", "[url=http://a.example]a[/url]", "forum code"),
        ("markup", "<a href='http://a.example'>a</a>", "HTML tag"),
        ("learned", "cheap viagra online casino http://pills.ru", "the wording is like earlier spam"),
    ],
)
def test_each_check_finds_what_it_is_for_and_says_so(check: str, body: str, says: str) -> None:
    signal = found(check, body)
    assert signal
    assert says in signal.detail
    assert signal.weight > 0


ORDINARY = (
    "My sciatica got worse after sitting all day; walking helps (see https://example.org/walking). What do you do?"
)


@pytest.mark.parametrize("check", [check.name for check in CHECKS if check.name != "learned"])
def test_no_check_finds_anything_in_an_ordinary_comment(check: str) -> None:
    assert found(check, ORDINARY, website="https://example.org/") is None


def test_the_learning_filter_speaks_for_an_ordinary_comment() -> None:
    signal = found("learned", ORDINARY)
    assert signal
    assert signal.weight < 0
    assert signal.detail.startswith("the wording is like wanted comments: ")


def test_the_same_text_again_is_found() -> None:
    signal = found("duplicates", "x" * 100, Facts(SITE, same_text=2))
    assert signal
    assert signal.detail == "the same text was posted on this site twice before"
    assert signal.weight > found("duplicates", "Thanks!", Facts(SITE, same_text=2)).weight  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("author", "website", "body", "says"),
    [
        ("cheap-pills.com", "", "hello", "the name is a link"),
        ("Best SEO Services", "", "hello", "the name sounds like a business"),
        ("Anna", "https://x.example/online-casino", "hello", "the website sells something (x.example: online, casino)"),
        ("Anna", "https://x.example/a/b/c", "hello", "a page deep inside x.example"),
        ("Anna", "https://x.example", "Great post!", "with a website beside the name"),
    ],
)
def test_a_name_or_a_website_that_advertises_is_found(author: str, website: str, body: str, says: str) -> None:
    signal = found("name", body, author=author, website=website)
    assert signal
    assert says in signal.detail


@pytest.mark.parametrize(
    "website", ["", "https://anna.example", "https://anna.example/blog", "https://example.org/a/b/c"]
)
def test_a_person_with_a_homepage_is_left_alone(website: str) -> None:
    assert found("name", "I agree with the second part.", website=website) is None


@pytest.mark.parametrize(("author", "website"), [("Fuck You", ""), ("Anna", "https://fuck.example")])
def test_profanity_in_the_name_or_the_website_is_found(author: str, website: str) -> None:
    signal = found("profanity", "hello", author=author, website=website)
    assert signal
    assert "in the author's" in signal.detail
    assert signal.spans == ()


def test_a_check_that_fails_becomes_a_signal_and_stops_no_other() -> None:
    def broken(draft: Draft, facts: Facts) -> Evidence | None:
        raise RuntimeError

    failed: list[str] = []
    checks = (Check("broken", Kind.SPAM, 1.0, broken), *CHECKS)
    result = signals(Draft("t", "Anna", "what the fuck"), Facts(), checks, failed.append)
    assert failed == ["broken"]
    assert result[0] == Signal(CHECK_FAILED, 0, "the check «broken» could not run; a person should look")
    assert "profanity" in {signal.check for signal in result}


def test_every_signal_has_a_kind() -> None:
    assert {check.name for check in CHECKS} | {CHECK_FAILED} == set(KINDS)
    assert len({check.name for check in CHECKS}) == len(CHECKS)
