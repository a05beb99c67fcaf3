"""A floor under the quality of all checks together, on comments that nothing was trained on."""

import json
from itertools import product
from pathlib import Path

from service.checks import signals
from service.model import Draft, Facts, Outcome, Verdict
from service.policy import Policy
from service.verdict import decide

HELD_OUT = Path(__file__).parent / "corpus" / "held_out.jsonl"
ROWS = [json.loads(line) for line in HELD_OUT.read_text(encoding="utf-8").split("\n") if line]


def verdicts(label: str) -> list[Verdict]:
    drafts = [Draft("t", row["author"], row["body"]) for row in ROWS if row["label"] == label]
    return [decide(signals(draft, Facts()), Policy(publish="clean")) for draft in drafts]


def test_spam_stands_above_ham() -> None:
    pairs = list(product(verdicts("spam"), verdicts("ham")))
    above = sum(spam.spam_probability > ham.spam_probability for spam, ham in pairs)
    assert above / len(pairs) >= 0.97  # 0.99 when this was written


def test_no_ordinary_reader_lands_in_the_spam_folder() -> None:
    assert not [verdict for verdict in verdicts("ham") if verdict.outcome is Outcome.SPAM]


def test_hardly_any_spam_is_published_even_where_clean_comments_are() -> None:
    found = verdicts("spam")
    assert sum(verdict.outcome is Outcome.PUBLISH for verdict in found) <= 0.12 * len(found)


def test_readers_of_a_health_article_are_not_called_rude() -> None:
    assert sum(verdict.profanity > 0 for verdict in verdicts("ham")) <= 1


def test_whatever_is_called_spam_comes_with_reasons() -> None:
    assert all(verdict.reasons for verdict in verdicts("spam") if verdict.spam_probability >= 0.5)
