"""Text made to look other than it is: invisible characters inside words, mixed alphabets, letters set apart."""

import re

from service.checks.words import number
from service.model import Draft, Evidence, Facts
from service.text.fold import spaced_words

PLACES_MAX = 100
_INVISIBLE = re.compile(r"(?<=[A-Za-z])[\u00ad\u034f\u200b-\u200f\u2060-\u2064\ufeff](?=[A-Za-z])")
_CYRILLIC_NEXT_TO_LATIN = re.compile(r"[A-Za-z][\u0400-\u045f\u04bb\u0501\u051b\u051d]|[\u0400-\u045f\u04bb][A-Za-z]")
_FANCY = re.compile(r"[\U0001d400-\U0001d6a5\uff21-\uff3a\uff41-\uff5a\U0001f130-\U0001f149]{3,}")
_TURNED = re.compile(r"[\u202a\u202b\u202d\u202e]")
_PILED = re.compile(r"[\u0300-\u036f]{4,}")

_TRICKS = (
    (_INVISIBLE, "invisible character", "inside words"),
    (_CYRILLIC_NEXT_TO_LATIN, "place", "where Latin and Cyrillic letters are mixed in one word"),
    (_FANCY, "word", "in ornamental letters"),
    (_TURNED, "character", "that turn the direction of reading around"),
    (_PILED, "letter", "with a pile of accents"),
)


def disguised(draft: Draft, facts: Facts) -> Evidence | None:
    """Look for five tricks of Unicode and for words spelled with gaps: strength 1 for each trick."""
    details = []
    spans = []
    if not draft.body.isascii():
        for pattern, noun, where in _TRICKS:
            found = [match.span() for match in pattern.finditer(draft.body)][:PLACES_MAX]
            if found:
                details.append(f"{number(len(found), noun)} {where}")
                spans += found
    if gaps := spaced_words(draft.body)[:PLACES_MAX]:
        details.append(f"{number(len(gaps), 'word')} with gaps between the letters")
        spans += gaps
    return Evidence("; ".join(details), len(details), tuple(sorted(spans))) if details else None
