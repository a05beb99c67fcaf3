"""Many comments within minutes from one address range."""

from service.model import Draft, Evidence, Facts

# A household, a school or a train behind one address writes a few.
FEW = 3
STRENGTH_MAX = 3.0


def burst(draft: Draft, facts: Facts) -> Evidence | None:
    """Judge how many came before: strength 0.5 for the fourth, and up to 3."""
    more = facts.from_there - FEW
    if more <= 0:
        return None
    detail = f"{facts.from_there} other comments came from the same address range within ten minutes"
    return Evidence(detail, min(0.5 * more, STRENGTH_MAX))
