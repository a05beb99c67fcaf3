"""Shouting: capitals throughout, signs or words said over and over."""

import re
from collections import Counter

from service.model import Draft, Evidence, Facts

LETTERS_MIN = 20
CAPITALS_SHARE = 0.7
WORDS_MIN = 20
WORD_SHARE = 0.3
_REPEATED_SIGN = re.compile(r"([!?$€£*=~#+])\1{4,}")
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-ÞΑ-ΩА-Я]")


def shouting(draft: Draft, facts: Facts) -> Evidence | None:
    """Look for capitals, repeated signs and repeated words: strength 1 for each."""
    details = []
    spans = []
    capitals = len(_CAPITAL.findall(draft.body))
    if capitals >= LETTERS_MIN and capitals > CAPITALS_SHARE * sum(map(str.isalpha, draft.body)):
        details.append("written in capitals")
    if repeated := _REPEATED_SIGN.search(draft.body):
        details.append(f"“{repeated.group()[:5]}…” again and again")
        spans.append(repeated.span())
    words = draft.body.lower().split()
    # Where more words are different than this, none can be said so often; finding that out is cheaper than counting.
    if len(words) >= WORDS_MIN and len(set(words)) <= (1 - WORD_SHARE) * len(words) + 1:
        word, count = Counter(words).most_common(1)[0]
        if count > WORD_SHARE * len(words):
            details.append(f"“{word[:20]}” {count} times")
    return Evidence("; ".join(details), len(details), tuple(spans)) if details else None
