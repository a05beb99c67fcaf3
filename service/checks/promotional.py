"""Phrases that advertise, promise money or flatter whatever stands above them."""

from service.checks.words import some
from service.model import Draft, Evidence, Facts
from service.text.phrases import in_prose

STRENGTH_MAX = 3.0
# Readers praise too: two words of praise say less than one offer.
_STRENGTH = {"offer": 1.0, "money": 1.0, "flattery": 0.5}
_CALLED = {"offer": "promotional phrases", "money": "promises of money or gain", "flattery": "praise for any page"}


def promotional(draft: Draft, facts: Facts) -> Evidence | None:
    """Add up different phrases: strength 0.5 to 3."""
    found = in_prose(draft.body)
    if not found:
        return None
    different = {phrase.words: phrase.purpose for phrase in found}
    details = [
        f"{called}: {some((words for words, purpose in different.items() if purpose == each), quote=True)}"
        for each, called in _CALLED.items()
        if each in different.values()
    ]
    strength = min(sum(_STRENGTH[purpose] for purpose in different.values()), STRENGTH_MAX)
    return Evidence("; ".join(details), strength, tuple(phrase.span for phrase in found))
