"""The list of checks: what Gatepost looks at in a comment, how much each finding counts, and where to read how.

A check is pure and synchronous: `(draft, facts) -> Evidence | None`. To add one, write it in a file of its own, add a
line here, and `tests/checks/test_NAME.py` with what it finds and what it leaves alone.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from time import perf_counter
from typing import NamedTuple

from service.checks.author import author, trusted
from service.checks.burst import burst
from service.checks.contact import contact
from service.checks.disguised import disguised
from service.checks.duplicates import duplicates
from service.checks.form import form
from service.checks.language import language
from service.checks.learned import learned
from service.checks.links import links
from service.checks.markup import markup
from service.checks.name import name
from service.checks.profanity import profanity
from service.checks.promotional import promotional
from service.checks.rules import allowed, blocked, held
from service.checks.shouting import shouting
from service.model import Draft, Evidence, Facts, Signal

CHECK_FAILED = "check-failed"
# In seconds; a check takes microseconds, on the worst text it knows 10 milliseconds.
LATE = 1.0


class Kind(StrEnum):
    """What a signal means: its weight is log-odds of spam, or profanity's severity 1 to 3; or it is a word that holds.

    A moderator's rule or a known author decides whatever the odds are.
    """

    SPAM = "spam"
    PROFANITY = "profanity"
    HOLD = "hold"
    BLOCK = "block"
    ALLOW = "allow"


class Check(NamedTuple):
    """One line of the list. A signal's weight is `weight` times the strength of the evidence."""

    name: str
    kind: Kind
    weight: float
    look: Callable[[Draft, Facts], Evidence | None]


# The weights of spam were set near a logistic fit over eight sources of comments, each with a base model that had not
# seen it, and rounded. `learned` is under 1 because it sees the same links and phrases again.
CHECKS: tuple[Check, ...] = (
    Check("links", Kind.SPAM, 0.4, links),
    Check("promotional", Kind.SPAM, 1.2, promotional),
    Check("name", Kind.SPAM, 0.9, name),
    Check("markup", Kind.SPAM, 1.5, markup),
    Check("disguised", Kind.SPAM, 1.5, disguised),
    Check("shouting", Kind.SPAM, 0.6, shouting),
    Check("contact", Kind.SPAM, 0.6, contact),
    Check("duplicates", Kind.SPAM, 1.0, duplicates),
    Check("burst", Kind.SPAM, 0.5, burst),
    Check("language", Kind.SPAM, 1.0, language),
    Check("form", Kind.SPAM, 1.0, form),
    Check("author", Kind.SPAM, 1.0, author),
    Check("learned", Kind.SPAM, 0.8, learned),
    Check("profanity", Kind.PROFANITY, 1.0, profanity),
    Check("blocked", Kind.BLOCK, 0, blocked),
    Check("held", Kind.HOLD, 0, held),
    Check("allowed", Kind.ALLOW, 0, allowed),
    Check("trusted", Kind.ALLOW, 0, trusted),
)
KINDS = {check.name: check.kind for check in CHECKS} | {CHECK_FAILED: Kind.HOLD}


def signals(
    draft: Draft,
    facts: Facts,
    checks: Sequence[Check] = CHECKS,
    on_failure: Callable[[str], None] | None = None,
) -> tuple[Signal, ...]:
    """Run every check, always all of them, and return what they found, in the order of the list.

    A check that raises, or takes longer than LATE, becomes the signal `check-failed`, which holds the comment;
    `on_failure` is told its name.
    """
    found = []
    for check in checks:
        began = perf_counter()
        try:
            evidence = check.look(draft, facts)
        except Exception:  # whatever it is, the reader's comment must not be lost because of it
            if on_failure:
                on_failure(check.name)
            found.append(Signal(CHECK_FAILED, 0, f"the check «{check.name}» could not run; a person should look"))
            continue
        if perf_counter() - began > LATE:
            if on_failure:
                on_failure(check.name)
            found.append(Signal(CHECK_FAILED, 0, f"the check «{check.name}» took too long; a person should look"))
        if evidence:
            weight = round(check.weight * evidence.strength, 3)
            found.append(Signal(check.name, weight, evidence.detail, evidence.spans))
    return tuple(found)
