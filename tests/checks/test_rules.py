"""Rules are what moderators wrote down: they block, hold and allow, whatever the odds are."""

import pytest

from service.checks import signals
from service.model import Draft, Facts, Outcome
from service.policy import Effect, Policy, Rule, RuleKind, RuleList
from service.text.rulebook import HITS_MAX, RuleBook, term_of, valid_value
from service.verdict import decide


def book(kind: str, value: str, effect: str = "block") -> RuleBook:
    kept = valid_value(RuleKind(kind), value)
    return RuleBook([Rule("1", Effect(effect), RuleKind(kind), kept, None, "anna", 0)])


def hit(kind: str, value: str, draft: Draft) -> bool:
    return bool(book(kind, value).hits(draft))


@pytest.mark.parametrize(
    ("value", "body", "fits"),
    [
        ("cheap pills", "Buy CHEAP  pills now", True),
        ("cheap pills", "Buy cheap pills now", True),
        ("pill", "pills", False),
        ("pill*", "pills", True),
        ("*pill", "superpill", True),
        ("v*gra", "vi-a-gra for you", True),
        ("v*gra", "via grams", False),
        ("casino", "с\u200ba\u200bsino", True),
        ("casino", "c a s i n o", True),
        ("-casino", "best-casino", True),
        ("казино", "лучшее Казино здесь", True),
        ("st*ing money", "stop wasting money", False),
        ("was*ng money", "stop wasting money", True),
    ],
)
def test_a_word_fits_as_a_whole_word_through_disguises_and_stars(value: str, body: str, fits: bool) -> None:
    # Two spaces are one word's worth of space to a reader, and two characters to a machine: only one is a phrase.
    assert hit("word", value, Draft("t", "Ann", " ".join(body.split()))) is fits


@pytest.mark.parametrize(
    ("kind", "value", "draft", "fits"),
    [
        ("domain", "pills.example", Draft("t", "A", "see https://shop.pills.example/x"), True),
        ("domain", "pills.example", Draft("t", "A", "see https://notpills.example/x"), False),
        ("domain", "*.ru", Draft("t", "A", "x", website="https://a.b.ru/"), True),
        ("email", "Ann@Example.org", Draft("t", "A", "x", email="ann@example.org"), True),
        ("email", "*@example.org", Draft("t", "A", "x", email="bob@example.org"), True),
        ("email", "*@example.org", Draft("t", "A", "x", email="bob@sub.example.org"), False),
        ("ip", "192.0.2.0/24", Draft("t", "A", "x", address="192.0.2.77"), True),
        ("ip", "192.0.2.*", Draft("t", "A", "x", address="192.0.2.77"), True),
        ("ip", "192.0.2.0/24", Draft("t", "A", "x", address="192.0.3.77"), False),
        ("ip", "2001:db8::/48", Draft("t", "A", "x", address="2001:db8::5"), True),
        ("ip", "2001:db8::/48", Draft("t", "A", "x", address="somewhere"), False),
        ("user_agent", "BadBot*", Draft("t", "A", "x", user_agent="Mozilla badbot/2.0"), True),
        ("word", "seo agency", Draft("t", "Best SEO Agency", "x"), True),
    ],
)
def test_every_kind_of_rule_fits_what_it_names(kind: str, value: str, draft: Draft, fits: bool) -> None:
    assert hit(kind, value, draft) is fits


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("ip", "300.1.1.1", "192.0.2.0/24"),
        ("domain", "a b", "example.org"),
        ("email", "nobody", "name@example.org"),
        ("word", "*", "two characters"),
        ("word", "x" * 201, "at most 200"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_what_to_do(kind: str, value: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("*", r"\*")):
        valid_value(RuleKind(kind), value)


@pytest.mark.parametrize(
    ("line", "means"),
    [
        ("  cheap viagra ", (RuleKind.WORD, "cheap viagra")),
        ("pills.ru", (RuleKind.DOMAIN, "pills.ru")),
        (".xyz", (RuleKind.DOMAIN, "xyz")),
        ("setup.exe", (RuleKind.WORD, "setup.exe")),
        ("10.1.2.3", (RuleKind.IP, "10.1.2.3")),
        ("192.168.", (RuleKind.IP, "192.168.0.0/16")),
        ("bad@spam.example", (RuleKind.EMAIL, "bad@spam.example")),
        ("# a remark", None),
        ("x", None),
        ("", None),
    ],
)
def test_a_line_of_a_block_list_is_read_as_what_it_is(line: str, means: tuple[RuleKind, str] | None) -> None:
    assert term_of(line) == means


def outcome(effect: str, policy: Policy, body: str = "Buy cheap pills") -> tuple[Outcome, tuple[str, ...]]:
    draft = Draft("t", "Ann", body)
    verdict = decide(signals(draft, Facts(rules=book("word", "pills", effect).hits(draft))), policy)
    return verdict.outcome, verdict.reasons


def test_block_holds_no_argument_hold_waits_and_allow_publishes_only_where_anything_is() -> None:
    found, reasons = outcome("block", Policy(publish="clean"))
    assert found is Outcome.SPAM
    assert reasons[0] == "a rule of this site blocks the word “pills”"
    assert outcome("hold", Policy(publish="clean", hold_at=1))[0] is Outcome.HOLD
    assert outcome("allow", Policy(publish="known"))[0] is Outcome.PUBLISH
    assert outcome("allow", Policy())[0] is Outcome.HOLD
    blatant = "Buy cheap pills https://casino.example/win https://pills.example/buy [url=http://x.example]viagra[/url]"
    assert outcome("allow", Policy(spam_at=0.5), blatant)[0] is Outcome.HOLD
    assert outcome("allow", Policy(publish="known"), "pills, you fucking idiot")[0] is Outcome.HOLD


def test_an_allowed_domain_is_a_reference() -> None:
    draft = Draft("t", "Ann", "see https://friend.example/post")
    rules = book("domain", "friend.example", "allow")
    [before] = [signal for signal in signals(draft, Facts()) if signal.check == "links"]
    [after] = [s for s in signals(draft, Facts(references=rules.allowed_domains)) if s.check == "links"]
    assert before.weight > 0 > after.weight


def test_a_list_says_which_list_it_is() -> None:
    rules = RuleBook([], [RuleList("1", "splorp", Effect.HOLD, ("cheap pills", "pills.ru"), "anna", 0)])
    draft = Draft("t", "Ann", "cheap pills at https://pills.ru")
    [held] = [s for s in signals(draft, Facts(rules=rules.hits(draft))) if s.check == "held"]
    assert "the list “splorp” holds the word “cheap pills”" in held.detail
    assert "the list “splorp” holds links to “pills.ru”" in held.detail
    assert held.spans == ((0, 11), (15, 31))


def test_sixty_thousand_terms_find_what_they_name_and_nothing_else() -> None:
    terms = tuple(f"spamword{number}" for number in range(60_000))
    rules = RuleBook([], [RuleList("1", "big", Effect.BLOCK, terms, "anna", 0)])
    assert [found.value for found in rules.hits(Draft("t", "Ann", "a spamword59999 here"))] == ["spamword59999"]
    assert rules.hits(Draft("t", "Ann", "a spamword here")) == ()
    assert len(rules.hits(Draft("t", "Ann", " ".join(terms[:100])))) == HITS_MAX
