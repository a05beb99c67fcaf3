"""The same text more than once on this site."""

from service.model import Draft, Evidence, Facts

# Readers who do not know of each other write "Thank you!"; nobody writes the same forty characters twice by chance.
SHORT = 40
STRENGTH_MAX = 3


def duplicates(draft: Draft, facts: Facts) -> Evidence | None:
    """Count other comments with this text: strength 1 to 3, a third of it for a short text."""
    if not facts.same_text:
        return None
    times = {1: "once", 2: "twice"}.get(facts.same_text, f"{facts.same_text} times")
    strength = min(facts.same_text, STRENGTH_MAX) / (3 if len(draft.body) < SHORT else 1)
    return Evidence(f"the same text was posted on this site {times} before", strength)
