"""Asks Akismet, or a service that speaks its protocol, about a comment, and reports what it judged wrongly.

Fields and answers follow Akismet's public documentation of its API 1.1.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from service.clock import now, rfc3339
from service.model import Draft, Label, Signal, Site, Verdict
from service.outbound import Answer, Outbound, OutboundError

NAME = "akismet"
# In log-odds: spam by Akismet's word alone, and surely so where it says that nobody need look.
SPAM, BLATANT, HAM = 4.6, 6.0, -1.0
# An address is not kept, so a later report cannot give it, and the protocol demands one.
NO_ADDRESS = "127.0.0.1"


async def ask(outbound: Outbound, site: Site, draft: Draft, _verdict: Verdict, limit: float) -> Sequence[Signal]:
    """Return what Akismet says of a draft. Raises OutboundError."""
    answer = await _post(outbound, site, "comment-check", _fields(site, draft), limit)
    said = answer.content.strip()
    if said == b"false":
        return [Signal(NAME, HAM, "Akismet does not call it spam")]
    if said == b"true":
        if answer.headers.get("x-akismet-pro-tip") == "discard":
            return [Signal(NAME, BLATANT, "Akismet calls it blatant spam")]
        return [Signal(NAME, SPAM, "Akismet calls it spam")]
    raise _refused(answer)


def was_wrong(verdict: Verdict, label: Label) -> bool:
    """Tell whether Akismet would learn from a moderator's word: it said otherwise, or missed the spam."""
    called_spam = any(signal.check == NAME and signal.weight > 0 for signal in verdict.signals)
    return called_spam != (label is Label.SPAM)


async def report(outbound: Outbound, site: Site, draft: Draft, label: Label, limit: float) -> None:
    """Tell Akismet what a comment is. Raises OutboundError."""
    operation = "submit-spam" if label is Label.SPAM else "submit-ham"
    answer = await _post(outbound, site, operation, _fields(site, draft), limit)
    if not answer.content.startswith(b"Thanks"):
        raise _refused(answer)


def _fields(site: Site, draft: Draft) -> Mapping[str, str]:
    known = {
        "blog": site.origins[0] if site.origins else None,
        "user_ip": draft.address or NO_ADDRESS,
        "user_agent": draft.user_agent,
        "referrer": draft.url,
        "permalink": draft.url,
        "comment_type": "reply" if draft.parent_id else "comment",
        "comment_author": draft.author,
        "comment_author_email": draft.email,
        "comment_author_url": draft.website,
        "comment_content": draft.body,
        "comment_date_gmt": rfc3339(now()),
        "blog_lang": ", ".join(site.policy.languages) or draft.language,
        "blog_charset": "UTF-8",
        "honeypot_field_name": "trap" if draft.trap else None,
        "trap": draft.trap,
    }
    return {name: value for name, value in known.items() if value}


async def _post(outbound: Outbound, site: Site, operation: str, fields: Mapping[str, str], limit: float) -> Answer:
    content = urlencode({"api_key": site.policy.akismet_key, **fields}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await outbound.post(f"{site.policy.akismet_url}/1.1/{operation}", content, headers, limit)


def _refused(answer: Answer) -> OutboundError:
    why = answer.headers.get("x-akismet-debug-help") or answer.headers.get("x-akismet-alert-msg")
    return OutboundError(f"Akismet answered {answer.status}" + (f": {why}" if why else ""))
