"""What the form noticed: a field that people cannot see was filled in, or it was sent faster than people write."""

from service.model import Draft, Evidence, Facts

TRAPPED = 4.0
TOO_FAST = 2.0
# Nobody reads, clicks and writes in two seconds.
SECONDS_MIN = 2.0


def form(draft: Draft, facts: Facts) -> Evidence | None:
    """Return strength 4 for a filled trap, 2 for haste."""
    if draft.trap:
        return Evidence("a field that people cannot see was filled in", TRAPPED)
    if draft.form_age is not None and draft.form_age < SECONDS_MIN:
        return Evidence(f"sent {draft.form_age:.1f} seconds after the form was opened", TOO_FAST)
    return None
