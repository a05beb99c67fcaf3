"""Adds up what the checks found, compares it with what the site wants, and says so in a moderator's words."""

import math
from collections.abc import Iterable, Sequence

from service.checks import KINDS, Kind
from service.model import Outcome, Signal, Verdict
from service.policy import Policy

# Log-odds that a comment is spam before anything is known of it: about one in eleven. With it 2 to 21 % of the
# ham of eight unseen sources stands above Policy.hold_at's default, and at most 1.4 % above spam_at's.
PRIOR = -2.3
# What the learning filter thinks never sends a comment to the spam folder by itself: the other checks together must
# have found at least this much (log-odds), or the comment waits for a person.
SEEN_MIN = 1.0
LEARNED = "learned"
REASONS_MAX = 5
# Weaker findings are kept as signals, and would only make the list of reasons longer.
REASON_MIN = 0.3
# Reasons that a moderator wrote down, or that a person has to look at, whatever else was found.
_FIRST = (Kind.BLOCK, Kind.HOLD)


def decide(signals: Sequence[Signal], policy: Policy) -> Verdict:
    """Return the verdict on a comment with these signals on a site with this policy."""
    spam = [signal for signal in signals if _kind(signal) is Kind.SPAM]
    probability = logistic(PRIOR + sum(signal.weight for signal in spam))
    profanity = int(max((signal.weight for signal in signals if _kind(signal) is Kind.PROFANITY), default=0))
    seen = sum(signal.weight for signal in spam if signal.check != LEARNED)
    kinds = {_kind(signal) for signal in signals}
    allowed = Kind.ALLOW in kinds
    clean = allowed or (policy.publish == "clean" and probability < policy.hold_at)
    if Kind.BLOCK in kinds:
        outcome = Outcome.SPAM
    elif Kind.HOLD in kinds:
        outcome = Outcome.HOLD
    elif probability >= policy.spam_at and seen >= SEEN_MIN and not allowed:
        outcome = Outcome.SPAM
    elif policy.publish != "never" and clean and profanity < policy.profanity_at:
        outcome = Outcome.PUBLISH
    else:
        outcome = Outcome.HOLD
    return Verdict(outcome, round(probability, 4), profanity, reasons(signals), tuple(signals))


def reasons(signals: Iterable[Signal]) -> tuple[str, ...]:
    """Return what speaks against a comment, the strongest first, at most five; nothing if nothing was found."""
    against = [signal for signal in signals if signal.weight >= REASON_MIN or _kind(signal) in _FIRST]
    against.sort(key=lambda signal: (_kind(signal) not in _FIRST, -signal.weight))
    return tuple(signal.detail for signal in against[:REASONS_MAX])


def logistic(log_odds: float) -> float:
    """Return the probability, 0 to 1, that has these log-odds."""
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, log_odds))))


def _kind(signal: Signal) -> Kind:
    """What a signal's weight means. A signal of a check that is not in the list counts as spam's log-odds."""
    return KINDS.get(signal.check, Kind.SPAM)
