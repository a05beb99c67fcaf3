"""The same text more than once on this site, or almost the same on this installation."""

from service.model import Draft, Evidence, Facts

# Readers who do not know of each other write "Thank you!"; nobody writes the same forty characters twice by chance.
SHORT = 40
STRENGTH_MAX = 3


def duplicates(draft: Draft, facts: Facts) -> Evidence | None:
    """Count other comments with this text: strength 1 to 3, a third of it for a short text."""
    if facts.same_text:
        strength = min(facts.same_text, STRENGTH_MAX) / (3 if len(draft.body) < SHORT else 1)
        return Evidence(f"the same text was posted on this site {_times(facts.same_text)} before", strength)
    if facts.near_copies:
        detail = f"almost the same text was posted here {_times(facts.near_copies)} within a day"
        return Evidence(detail, min(facts.near_copies, STRENGTH_MAX))
    return None


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
