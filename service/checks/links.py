"""Links to other sites: what most spam is for, and what many good answers have one of."""

from service.checks.words import number, some
from service.model import Draft, Evidence, Facts
from service.text.links import LINKS_MAX, find, outside

STRENGTH_MAX = 5


def links(draft: Draft, facts: Facts) -> Evidence | None:
    """Count links to outside sites: strength 1 to 5."""
    found = outside(find(draft.body), facts.hosts)
    if not found:
        return None
    domains = dict.fromkeys(link.domain for link in found)
    links_found = f"{LINKS_MAX} links or more" if len(found) >= LINKS_MAX else number(len(found), "link")
    if len(found) == 1:
        detail = f"one link to an outside site ({some(domains)})"
    elif len(domains) == 1:
        detail = f"{links_found} to one outside site ({some(domains)})"
    else:
        detail = f"{links_found} to outside sites ({some(domains)})"
    return Evidence(detail, min(len(found), STRENGTH_MAX), tuple(link.span for link in found))
