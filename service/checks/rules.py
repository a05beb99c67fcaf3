"""What this site's moderators wrote down: rules that block, hold or allow."""

from service.checks.words import shorten
from service.model import Draft, Evidence, Facts
from service.policy import Effect, RuleHit, RuleKind

SHOWN_MAX = 3
_CALLED = {
    RuleKind.WORD: "the word",
    RuleKind.DOMAIN: "links to",
    RuleKind.EMAIL: "the e-mail address",
    RuleKind.IP: "the sender's address range",
    RuleKind.USER_AGENT: "the software that sent it",
}


def blocked(draft: Draft, facts: Facts) -> Evidence | None:
    """Return the rules that block this."""
    return _evidence(facts, Effect.BLOCK, "blocks")


def held(draft: Draft, facts: Facts) -> Evidence | None:
    """Return the rules that let a person look at this first."""
    return _evidence(facts, Effect.HOLD, "holds")


def allowed(draft: Draft, facts: Facts) -> Evidence | None:
    """Return the rules that allow this."""
    return _evidence(facts, Effect.ALLOW, "allows")


def _evidence(facts: Facts, effect: Effect, does: str) -> Evidence | None:
    hits = [hit for hit in facts.rules if hit.effect is effect]
    if not hits:
        return None
    details = list(dict.fromkeys(_say(hit, does) for hit in hits))
    more = f"; and {len(details) - SHOWN_MAX} more" if len(details) > SHOWN_MAX else ""
    return Evidence("; ".join(details[:SHOWN_MAX]) + more, spans=tuple(hit.span for hit in hits if hit.span))


def _say(hit: RuleHit, does: str) -> str:
    who = f"the list “{shorten(hit.source)}”" if hit.source else "a rule of this site"
    return f"{who} {does} {_CALLED[hit.kind]} “{shorten(hit.value)}”{hit.where}"
