"""Keeps pages as they leave: body, packed forms, headers. A page that is known to be fresh is sent without any query.

Fresh is what was built or looked at since the database's generation last grew. Then the thread's version is asked for,
and only where that has changed, too, is the page built again, once, however many wait for it.
"""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, NamedTuple

import brotli
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

import service
from service.errors import Unavailable

BYTES_KEPT = 16 * 1024 * 1024
# What a page takes beside its bytes: a key may hold a thread of 512 characters and a cursor.
OVERHEAD = 4 * 1024
# Packing more than this is left to another thread; handing over costs about as much as packing less.
PACKED_AT_ONCE = 32 * 1024


class Sent(NamedTuple):
    """An answer as it goes to the server: its status, and the two messages of ASGI."""

    status: int
    start: Message
    body: Message


class Form(NamedTuple):
    """A page in one encoding, ready to send: the full answer, and a 304."""

    etag: bytes
    full: Sent
    bare: Sent
    size: int

    def answer(self, asked: bytes) -> Sent:
        """Return the full answer, or the 304 if the page's tag is among those `asked` for."""
        return self.bare if asked and (self.etag in asked or asked == b"*") else self.full


class Page:
    """One page with the forms that were asked for so far; `tag` is its strong ETag without the form's suffix.

    One that is `lasting` may take long to pack.
    """

    def __init__(self, content: bytes, tag: str, headers: Mapping[str, str], lasting: bool = False) -> None:
        self.content = content
        self._packers = _AS_SMALL_AS_CAN_BE if lasting else _SOON
        self.tag = tag
        self.generation = -1
        self.size = self.kept_size = len(content) + OVERHEAD
        self._headers = headers
        self.forms: dict[str, Form] = {}

    def form(self, encoding: str) -> Form:
        """Return one form, packing it when it is first asked for."""
        if (form := self.forms.get(encoding)) is None:
            form = self.forms[encoding] = self._packed(encoding)
            self.size += form.size
        return form

    def _packed(self, encoding: str) -> Form:
        body = self._packers[encoding](self.content)
        # Two forms are different bytes, so they have different tags.
        etag = f'"{self.tag}{"" if encoding == "identity" else f"-{encoding}"}"'
        kept = {"etag": etag, "vary": "Accept-Encoding"} | {k: v for k, v in self._headers.items() if k != _KIND}
        full = kept | {_KIND: self._headers[_KIND], "content-length": str(len(body))}
        if encoding != "identity":
            full["content-encoding"] = encoding
        return Form(etag.encode(), _sent(200, full, body), _sent(304, kept, b""), len(body))


_KIND = "content-type"
Packers = Mapping[str, Callable[[bytes], bytes]]


def _packers(gzip_level: int, brotli_level: int) -> Packers:
    return {
        "identity": bytes,
        "gzip": lambda content: gzip.compress(content, gzip_level, mtime=0),
        "br": lambda content: brotli.compress(content, quality=brotli_level),
    }


# A page of 50 comments in 0.16 and 0.11 ms: 4 and 5 % larger than the levels that take twice as long. And for files.
_SOON, _AS_SMALL_AS_CAN_BE = _packers(3, 2), _packers(9, 11)


def _sent(status: int, headers: Mapping[str, str], body: bytes) -> Sent:
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    start = {"type": "http.response.start", "status": status, "headers": encoded}
    return Sent(status, start, {"type": "http.response.body", "body": body})


class Ready(Response):
    """An answer that was built before; it goes out as it is."""

    def __init__(self, sent: Sent) -> None:
        super().__init__()
        self._sent = sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; its headers are copied, since others may be added on the way."""
        await send(dict(self._sent.start))
        await send(self._sent.body)


def answer(request: Request, page: Page) -> Ready:
    """Return a page in the form that the browser likes best, or tell that nothing has changed."""
    accept, asked = _wishes(request.scope)
    return Ready(page.form(encoding_for(accept)).answer(asked))


def tag_of(version: int, is_open: bool) -> str:
    """Return the tag of a thread's version; a new release may draw the same thread in other words."""
    return f"{service.__version__}-{version}{'' if is_open else '-closed'}"


@lru_cache(maxsize=256)
def encoding_for(accept: bytes) -> str:
    """Choose the smallest form that the browser takes; `;q=0` refuses one."""
    accepted = {}
    for part in accept.decode("latin-1").lower().split(","):
        name, _, weight = part.partition(";")
        accepted[name.strip()] = weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    for encoding in ("br", "gzip"):
        if accepted.get(encoding, False):
            return encoding
    return "identity"


class PageCache:
    """Pages by their whole address, bounded in bytes; the one asked for longest ago goes first."""

    def __init__(self, limit: int = BYTES_KEPT) -> None:
        self._limit = limit
        self._size = 0
        self._pages: OrderedDict[tuple[str, bytes], Page] = OrderedDict()
        self._building: dict[tuple[str, bytes], asyncio.Future[Page]] = {}

    def ready(self, scope: Scope, generation: int) -> Sent | None:
        """Return what to send if it is here and fresh; without any query."""
        key = scope["path"], scope["query_string"]
        page = self._pages.get(key)
        if page is None or page.generation != generation:
            return None
        accept, asked = _wishes(scope)
        form = page.forms.get(encoding_for(accept))
        if form is None:
            return None
        self._pages.move_to_end(key)
        return form.answer(asked) if asked else form.full

    async def get(
        self,
        scope: Scope,
        generation: Callable[[], int],
        tag: Callable[[], Awaitable[str | None]],
        build: Callable[[], Awaitable[Page]],
    ) -> Page:
        """Return the page of this address: as it is if its tag still holds, else built, once for all who ask.

        A tag of None never holds.
        """
        key = (scope["path"], scope["query_string"])
        asked_at = generation()
        while (building := self._building.get(key)) is not None:
            await asyncio.wait([building])
            if not building.cancelled() and building.result().generation >= asked_at:
                return building.result()
        future = self._building[key] = asyncio.get_running_loop().create_future()
        try:
            began = generation()
            page = await self._fresh(key, tag, build)
            if len(page.content) > PACKED_AT_ONCE:
                await asyncio.to_thread(page.form, encoding_for(_wishes(scope)[0]))
            else:
                page.form(encoding_for(_wishes(scope)[0]))
            # What changed while it was built may be missing from it, so it is as old as its beginning.
            page.generation = began
            self._keep(key, page)
            future.set_result(page)
        finally:
            # Where it failed, the next of those who wait tries.
            future.cancel()
            del self._building[key]
        return page

    async def _fresh(
        self, key: tuple[str, bytes], tag: Callable[[], Awaitable[str | None]], build: Callable[[], Awaitable[Page]]
    ) -> Page:
        page = self._pages.get(key)
        if page is None:
            return await build()
        try:
            return page if page.tag == await tag() else await build()
        except Unavailable:
            # Nothing can be decided while the database is down, so what was read last is still what there is to read.
            return page

    def _keep(self, key: tuple[str, bytes], page: Page) -> None:
        if (before := self._pages.pop(key, None)) is not None:
            self._size -= before.kept_size
        page.kept_size = page.size
        self._pages[key] = page
        self._size += page.kept_size
        while self._size > self._limit and self._pages:
            self._size -= self._pages.popitem(last=False)[1].kept_size


def _wishes(scope: Scope | MutableMapping[str, Any]) -> tuple[bytes, bytes]:
    """Return a request's Accept-Encoding and If-None-Match, empty where they are missing."""
    headers = dict(scope["headers"])
    return headers.get(b"accept-encoding", b""), headers.get(b"if-none-match", b"")
