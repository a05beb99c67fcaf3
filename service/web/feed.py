"""The newest comments of a thread or of a site, for those who follow them."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from service.store import feeds
from service.store import threads as kept_threads
from service.web import forms
from service.web.access import public_site
from service.web.cache import Page, answer
from service.web.language import chosen
from service.web.middleware import readable_everywhere
from service.web.service import of

ENTRIES_MAX = 50
_CACHE = "public, max-age=0, s-maxage=300, stale-if-error=86400"


async def feed(request: Request) -> Response:
    """GET the feed of a site, or of one of its threads."""
    readable_everywhere(request.scope)
    service = of(request)
    site = await public_site(request)
    forms.query(request, {"thread", "lang"})
    key = forms.fields(dict(request.query_params), {"thread": forms.optional(forms.thread_key), "lang": str})["thread"]
    words, lasting = chosen(
        request.query_params.get("lang"), site.policy.languages, request.headers.get("accept-language", "")
    )

    async def tag() -> None:
        return None

    async def build() -> Page:
        from service.web.atom import draw  # with the library for XML, for those who ask

        thread = await kept_threads.get(service.database.quick, site.name, key) if key else None
        news = await feeds.newest(service.database, site.name, thread.key if thread else None, ENTRIES_MAX)
        content = draw(service.settings.public_url, site, thread, news, words)
        headers = {
            **service.public_headers,
            "content-type": "application/atom+xml; charset=utf-8",
            "content-language": words.language,
            "cache-control": _CACHE,
            "vary": "Accept-Encoding, Accept-Language",
        }
        return Page(content, hashlib.blake2b(content, digest_size=8).hexdigest(), headers)

    path = request.scope["path"] if lasting else f"feed in {words.language} of {request.scope['path']}"
    return answer(request, await service.pages.get({**request.scope, "path": path}, service.shown, tag, build))
