"""An invitation to talk elsewhere: a telephone number, a messenger's handle, an e-mail address in the text."""

from service.checks.words import some
from service.model import Draft, Evidence, Facts
from service.text.contacts import find

_STRENGTH = {"messenger": 1.5, "phone": 0.7, "email": 0.7}
_CALLED = {"messenger": "to be reached by messenger", "phone": "a telephone number", "email": "an e-mail address"}


def contact(draft: Draft, facts: Facts) -> Evidence | None:
    """Add up the kinds of contact: strength 0.7 to 2.9."""
    found = find(draft.body)
    kinds = {kind: [draft.body[start:end] for each, (start, end) in found if each == kind] for kind in _CALLED}
    details = [f"{_CALLED[kind]} ({some(written)})" for kind, written in kinds.items() if written]
    if not details:
        return None
    strength = sum(_STRENGTH[kind] for kind, written in kinds.items() if written)
    return Evidence("; ".join(details), strength, tuple(span for _, span in found))
