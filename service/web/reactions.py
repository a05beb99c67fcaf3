"""What readers' browsers send when they like a comment, or want a moderator to look at it."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service import reactions
from service.model import REASON_MAX
from service.web import forms
from service.web.access import address, writable_site
from service.web.forms import Wrong
from service.web.limiter import prefix
from service.web.service import of


async def vote(request: Request) -> Response:
    """PUT one's vote on a comment."""
    service = of(request)
    site = await writable_site(request)
    await service.votes.hit(address(request))
    value = forms.fields(await forms.read_object(request), {"value": _vote})["value"]
    place = service.keys.place(prefix(address(request)))
    votes = await reactions.vote(service.database, site, request.path_params["id"], place, value, service.clock())
    return Response(
        msgspec.json.encode({"votes": votes}), headers={"Cache-Control": "no-store"}, media_type="application/json"
    )


async def report(request: Request) -> Response:
    """POST that a moderator should look at a comment."""
    service = of(request)
    site = await writable_site(request)
    await service.reports.hit(address(request))
    reason = forms.fields(await forms.read_object(request), _REPORT)["reason"]
    place = service.keys.place(prefix(address(request)))
    await reactions.report(service.database, site, request.path_params["id"], place, reason, service.clock())
    return Response(status_code=202, headers={"Cache-Control": "no-store"})


def _vote(value: Any) -> int:
    if isinstance(value, bool) or value not in (1, 0, -1):
        raise Wrong("must be 1, 0 or -1")
    return int(value)


_REPORT = {"reason": forms.optional(forms.one_line(REASON_MAX))}
