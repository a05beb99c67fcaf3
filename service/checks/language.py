"""A comment in another language than the page's."""

from service.model import Draft, Evidence, Facts
from service.text.language import NAMES, unlike


def language(draft: Draft, facts: Facts) -> Evidence | None:
    """Return strength 1 for a text that is surely in none of the languages of the page."""
    expected = facts.languages or ((draft.language,) if draft.language else ())
    written = unlike(draft.body, expected)
    if written is None:
        return None
    pages = " or ".join(NAMES.get(code, code) for code in expected)
    return Evidence(f"written in {written}; the page is in {pages}")
