"""What the learning filter thinks: the wording and the links, compared with what moderators called spam before."""

import re
from collections.abc import Iterable

from service.checks.words import some
from service.model import Draft, Evidence, Facts
from service.spam.model import Clue, base, clues, score
from service.spam.tokens import features
from service.text.wordlists import sections

# Below this, in log-odds, the wording says nothing worth a moderator's time, but it still counts.
SAYS_SOMETHING = 0.5
CLUES_MAX = 3
# Shorter words count too, and so do "what" and "with", but they tell a moderator nothing.
TELLING = re.compile(r"\w{4}")
_SMALL = {f"“{word}”" for words in sections("small_words").values() for word in words}


def learned(draft: Draft, facts: Facts) -> Evidence | None:
    """Score the features of the draft; the strength is log-odds of spam, negative for what looks wanted."""
    found = features(draft, facts.hosts, with_parts=bool(facts.learned))
    if not found.values:
        return None
    now = score(found, facts.learned, base())
    if abs(now.total) < SAYS_SOMETHING:
        detail = "the wording is neither like spam nor like wanted comments"
    elif now.total > 0:
        detail = f"the wording is like earlier spam{_strongest(clues(found, facts.learned, base(), for_spam=True))}"
    else:
        detail = f"the wording is like wanted comments{_strongest(clues(found, facts.learned, base(), for_spam=False))}"
    if abs(now.taught) >= SAYS_SOMETHING and now.taught * now.total > 0:
        detail += "; this site's moderators taught it so"
    return Evidence(detail, round(now.total, 3))


def _strongest(ordered: Iterable[Clue]) -> str:
    """Return the first clues in words; a word of a pair that is named is left out."""
    chosen: list[str] = []
    for clue in ordered:
        if len(chosen) == CLUES_MAX:
            break
        if not TELLING.search(clue.name) or clue.name in _SMALL:
            continue
        if not any(clue.name.strip("“”") in name for name in chosen):
            chosen.append(clue.name)
    return f": {some(chosen)}" if chosen else ""
