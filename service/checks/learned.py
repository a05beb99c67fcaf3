"""What the learning filter thinks: the wording and the links, compared with what moderators called spam before."""

from service.checks.words import some
from service.model import Draft, Evidence, Facts
from service.spam.model import Clue, base, score
from service.spam.tokens import features

# Below this, in log-odds, the wording says nothing worth a moderator's time, but it still counts.
SAYS_SOMETHING = 0.5
CLUES_MAX = 3


def learned(draft: Draft, facts: Facts) -> Evidence | None:
    """Score the features of the draft; the strength is log-odds of spam, negative for what looks wanted."""
    found = score(features(draft, facts.hosts, with_parts=bool(facts.learned)), facts.learned, base())
    if not found.clues:
        return None
    if abs(found.total) < SAYS_SOMETHING:
        detail = "the wording is neither like spam nor like wanted comments"
    elif found.total > 0:
        detail = f"the wording is like earlier spam{_strongest(found.clues, 1)}"
    else:
        detail = f"the wording is like wanted comments{_strongest(found.clues, -1)}"
    if facts.learned and abs(found.taught) >= SAYS_SOMETHING:
        detail += "; this site's moderators taught it so" if found.taught * found.total > 0 else ""
    return Evidence(detail, round(found.total, 3))


def _strongest(clues: tuple[Clue, ...], sign: int) -> str:
    """Return the strongest clues in one direction, in words; a word that is part of a chosen pair is left out."""
    chosen: list[str] = []
    for clue in sorted(clues, key=lambda clue: -sign * clue.weight):
        if sign * clue.weight <= 0 or len(chosen) == CLUES_MAX:
            break
        if not any(clue.name.strip("“”") in name for name in chosen):
            chosen.append(clue.name)
    return f": {some(chosen)}" if chosen else ""
