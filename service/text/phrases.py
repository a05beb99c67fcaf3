"""Finds the phrases of `words/promotional.txt`: what advertisers, scammers and the authors of spam kits write."""

from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from service.model import Span
from service.text.fold import fold
from service.text.matcher import Matcher, Pattern
from service.text.wordlists import sections

PLACES_MAX = 200


class Phrase(NamedTuple):
    """One place in a text: the phrase, what it does (a section of the file), and where in the author's text."""

    words: str
    purpose: str
    span: Span


def _matcher(*purposes: str) -> tuple[Matcher, tuple[str, ...]]:
    pairs = [(Pattern.parse(words), purpose) for purpose in purposes for words in sections("promotional")[purpose]]
    return Matcher([pattern for pattern, _ in pairs]), tuple(purpose for _, purpose in pairs)


_PROSE = _matcher("flattery", "offer", "money")
_TRADE = _matcher("trade", "money")


@lru_cache(maxsize=4)  # Two checks of one comment ask for the same text.
def in_prose(text: str) -> tuple[Phrase, ...]:
    """Return flattery, offers and promises of money in a comment, at most PLACES_MAX."""
    return _find(text, *_PROSE)


def of_trade(text: str) -> tuple[Phrase, ...]:
    """Return words of trade in a name or an address, where signs stand between words: `best-seo-services`."""
    return _find("".join(char if char.isalnum() else " " for char in text), *_TRADE)


def _find(text: str, matcher: Matcher, purposes: tuple[str, ...]) -> tuple[Phrase, ...]:
    folded = fold(text)
    return tuple(
        Phrase(matcher.patterns[index].text, purposes[index], folded.span(start, end))
        for start, end, index in islice(matcher.find(folded.text), PLACES_MAX)
    )
