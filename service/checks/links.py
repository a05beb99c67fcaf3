"""Links to outside sites: how many, where they lead, and what is written on them."""

from service.checks.words import number, some
from service.model import Draft, Evidence, Facts
from service.text.links import LINKS_MAX, Link, find, is_within, outside
from service.text.phrases import of_trade
from service.text.wordlists import sections

STRENGTH_MAX = 5
SHORTENED = 2.0
ADVERTISES = 2.0
# All of a comment's links lead to reference works: readers point each other there.
ONLY_REFERENCES = -1.0
_REFERENCES = frozenset(sections("reference_domains")["domains"])
_SHORTENERS = frozenset(sections("shorteners")["hosts"])


def links(draft: Draft, facts: Facts) -> Evidence | None:
    """Judge links to outside sites: strength -1 to 9; one to five for their number, the rest for what they are."""
    every = outside(find(draft.body), facts.hosts)
    if not every:
        return None
    references = _REFERENCES | facts.references
    found = tuple(link for link in every if not is_within(link.host, references))
    if not found:
        domains = some({link.domain: None for link in every})
        return Evidence(f"links to reference works only ({domains})", ONLY_REFERENCES, _spans(every))
    details, strength = [_count(found)], float(min(len(found), STRENGTH_MAX))
    if shortened := [link.host for link in found if is_within(link.host, _SHORTENERS)]:
        details.append(f"where {some(shortened)} leads is hidden")
        strength += SHORTENED
    if advertised := [link.text for link in found if link.text and of_trade(link.text)]:
        details.append(f"the text of a link advertises: {some(advertised, quote=True)}")
        strength += ADVERTISES
    return Evidence("; ".join(details), strength, _spans(found))


def _count(found: tuple[Link, ...]) -> str:
    domains = dict.fromkeys(link.domain for link in found)
    links_found = f"{LINKS_MAX} links or more" if len(found) >= LINKS_MAX else number(len(found), "link")
    if len(found) == 1:
        return f"one link to an outside site ({some(domains)})"
    if len(domains) == 1:
        return f"{links_found} to one outside site ({some(domains)})"
    return f"{links_found} to outside sites ({some(domains)})"


def _spans(found: tuple[Link, ...]) -> tuple[tuple[int, int], ...]:
    return tuple(link.span for link in found)
