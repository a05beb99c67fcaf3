"""Profanity in the comment, in the author's name or in the address of the author's website."""

from service.checks.words import some
from service.model import Draft, Evidence, Facts
from service.text.profanity import PLACES_MAX, find

SEVERITIES = {1: "rude language", 2: "strong language", 3: "a slur"}


def profanity(draft: Draft, facts: Facts) -> Evidence | None:
    """Find words of the list; the strength is the gravest one's severity, 1 to 3."""
    places = {
        "": (draft.body, find(draft.body, facts.tiers)),
        " in the author's name": (draft.author, find(draft.author, facts.tiers)),
        " in the author's website": (draft.website or "", find(draft.website or "", facts.tiers)),
    }
    severity = max((each.severity for _, found in places.values() for each in found), default=0)
    if not severity:
        return None
    if any(len(found) >= PLACES_MAX for _, found in places.values()):
        severity = max(SEVERITIES)  # something graver may hide behind so many
    details = []
    for place, (text, found) in places.items():
        if found:
            gravest = sorted(found, key=lambda each: -each.severity)
            written = some((text[start:end] for _, _, (start, end) in gravest), quote=True)
            details.append(f"{SEVERITIES[gravest[0].severity]}{place}: {written}")
    return Evidence("; ".join(details), severity, tuple(each.span for each in places[""][1]))
