"""Forum codes and HTML in a comment: links that were made for another system than this one."""

import re

from service.checks.words import number
from service.model import Draft, Evidence, Facts

PLACES_MAX = 100
# Not `list[url]`, which is code.
_BBCODE = re.compile(r"\[(?:url|link|img)=|(?<!\w)\[(?:url|link|img)\]", re.IGNORECASE)
_HTML_LINK = re.compile(r"<a\s{1,5}href\b|</a>|<(?:iframe|script)\b", re.IGNORECASE)


def markup(draft: Draft, facts: Facts) -> Evidence | None:
    """Find BBCode links (strength 1.5) and HTML links, frames and scripts (strength 0.7)."""
    bbcode = [match.span() for match in _BBCODE.finditer(draft.body)][:PLACES_MAX] if "[" in draft.body else []
    html = [match.span() for match in _HTML_LINK.finditer(draft.body)][:PLACES_MAX] if "<" in draft.body else []
    if not bbcode and not html:
        return None
    details = []
    if bbcode:
        details.append(f"{number(len(bbcode), 'forum code')} that would link elsewhere ([url])")
    if html:
        details.append(f"{number(len(html), 'HTML tag')} that would link elsewhere or run something")
    return Evidence("; ".join(details), 1.5 * bool(bbcode) + 0.7 * bool(html), tuple(sorted(bbcode + html)))
