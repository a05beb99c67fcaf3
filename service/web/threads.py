"""What moderators call to keep threads in order: two that are about one page become one."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service import threads
from service.web import forms
from service.web.access import moderated_site
from service.web.service import of


async def merge(request: Request) -> Response:
    """POST: let every comment of one thread be another's."""
    site, _ = await moderated_site(request, to_decide=True)
    wanted = forms.fields(await forms.read_object(request), {"from": forms.thread_key, "into": forms.thread_key})
    merged = await threads.merge(of(request).database, site, wanted["from"], wanted["into"], of(request).clock())
    return Response(
        msgspec.json.encode(merged), headers={"Cache-Control": "private, no-store"}, media_type="application/json"
    )
