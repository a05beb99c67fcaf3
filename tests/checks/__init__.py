"""One file of tests for each check: what it finds, what it says of it, and what it leaves alone."""

from service.checks import signals
from service.model import Draft, Facts, Signal

SITE = frozenset({"example.org"})


def found(
    check: str, body: str, facts: Facts | None = None, author: str = "Anna", website: str = "", language: str = ""
) -> Signal | None:
    """Return what a check finds in a comment, or None."""
    draft = Draft("t", author, body, website=website or None, language=language or None)
    return next((signal for signal in signals(draft, facts or Facts(SITE)) if signal.check == check), None)


def says(check: str, body: str, author: str = "Anna", website: str = "") -> str:
    """Return what a check says against a comment; nothing where it says nothing, or speaks for it."""
    signal = found(check, body, author=author, website=website)
    return signal.detail if signal and signal.weight > 0 else ""
