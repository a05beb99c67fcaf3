"""Asks a server of the site owner's choice about a comment, in a request that the server can prove to be ours.

Signed as the Standard Webhooks specification says, so that any of its libraries verifies it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from standardwebhooks.webhooks import Webhook

from service.clock import SECOND, new_id, now, rfc3339
from service.model import Draft, Signal, Site, Verdict
from service.outbound import Outbound, OutboundError

NAME = "hook"


class Opinion(Struct, frozen=True, forbid_unknown_fields=True):
    """What a hook may answer: log-odds of spam, why, and whether a person has to look whatever the odds."""

    weight: Annotated[float, Meta(ge=-10, le=10)] = 0
    detail: Annotated[str, Meta(max_length=300)] = ""
    hold: bool = False


async def ask(outbound: Outbound, site: Site, draft: Draft, verdict: Verdict, limit: float) -> Sequence[Signal]:
    """Return what the site's hook says of a draft; our own verdict is told it. Raises OutboundError."""
    message, sent_at = f"msg_{new_id()}", now()
    content = msgspec.json.encode(
        {"type": "comment.check", "timestamp": rfc3339(sent_at), "data": _data(site, draft, verdict)}
    )
    signature = Webhook(site.policy.hook_secret).sign(
        message, datetime.fromtimestamp(sent_at // SECOND, UTC), content.decode()
    )
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(sent_at // SECOND),
        "webhook-signature": signature,
    }
    answer = await outbound.post(site.policy.hook_url, content, headers, limit)
    if answer.status == 204:
        return []
    if answer.status != 200:
        raise OutboundError(f"the hook answered {answer.status}")
    return _signals(answer.content)


def _data(site: Site, draft: Draft, verdict: Verdict) -> dict[str, object]:
    return {
        "site": site.name,
        "thread": draft.thread,
        "url": draft.url,
        "title": draft.title,
        "parent_id": draft.parent_id,
        "author": draft.author,
        "email": draft.email,
        "website": draft.website,
        "body": draft.body,
        "language": draft.language,
        "ip": draft.address,
        "user_agent": draft.user_agent,
        "verdict": verdict,
    }


def _signals(content: bytes) -> Sequence[Signal]:
    try:
        opinion = msgspec.json.decode(content, type=Opinion)
    except msgspec.DecodeError as error:
        raise OutboundError(f"the hook's answer is of no use: {error}") from error
    detail = f"the site's hook: {opinion.detail or 'no reason given'}"
    found = [Signal(NAME, round(opinion.weight, 3), detail)] if opinion.weight else []
    return [*found, Signal("held", 0, detail)] if opinion.hold else found
