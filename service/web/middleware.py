"""What every answer has in common: an id, a line in the log, numbers for the operator, headers that protect readers."""

import time
from collections.abc import Mapping
from functools import lru_cache
from random import getrandbits

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.metrics import READY, REQUEST_SECONDS, REQUESTS
from service.web.service import Service

log = structlog.get_logger("gatepost")

REQUEST_ID = "gatepost.request_id"
HEADERS = "gatepost.headers"

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ADMIN = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
# Any page may show these in a frame, also one that wants its frames to agree to that (COEP). No script runs in them.
_EMBEDDED = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors *"
    ),
    "X-Frame-Options": "",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_HSTS = {"Strict-Transport-Security": "max-age=31536000"}


# Everybody may read what is public, from any page.
_PUBLIC = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After, X-Request-Id",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def set_header(scope: Scope, name: str, value: str) -> None:
    """Let the answer to this request have a header, even if it turns out to be an error."""
    scope.setdefault(HEADERS, {})[name] = value


def is_admin(scope: Scope) -> bool:
    """Tell whether a request is for the admin page, where people read the answers."""
    return bool(scope["path"] == "/admin" or scope["path"].startswith("/admin/"))


def is_embedded(scope: Scope) -> bool:
    """Tell whether a request is for a thread as a page or a feed: readers see the answers, errors too."""
    return bool(scope["path"].startswith(("/embed/", "/sites/")))


def readable_everywhere(scope: Scope) -> None:
    """Let pages of any origin read the answer to this request."""
    scope.setdefault(HEADERS, {}).update(_PUBLIC)


def public_headers(secure: bool) -> Mapping[str, str]:
    """Return what `Edge` adds to a public answer, in small letters, for pages that are sent without it."""
    return {name.lower(): value for name, value in (_always(secure) | _PUBLIC).items()}


def _always(secure: bool) -> dict[str, str]:
    return _ALWAYS | (_HSTS if secure else {})


class Edge:
    """The outermost layer: a page that is ready leaves here, everything else goes further in.

    Errors that nothing else caught have been answered further in; here they are logged.
    """

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.defaults: Mapping[str, str] = _always(secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "GET":
            service: Service = scope["state"]["service"]
            ready = service.pages.ready(scope, service.database.shown)
            if ready is not None:
                # Counted, and not logged or named: that would take as long as the answer itself.
                status, start, body = ready
                await send(start)
                await send(body)
                READY[status] += 1
                return
        await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = scope[REQUEST_ID] = _new_request_id()
        began, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._headers(scope, request_id, message.get("headers", []))
            await send(message)

        structlog.contextvars.bind_contextvars(request=request_id)
        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            log.exception("fault", route=_route(scope))
            if status == 0:
                raise
        finally:
            seconds = time.perf_counter() - began
            route = _route(scope)
            counted, timed = _numbers(scope["method"] if scope["method"] in _METHODS else "other", route, status)
            counted.inc()
            timed.observe(seconds)
            log.info("answered", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 2))
            structlog.contextvars.unbind_contextvars("request")

    def _headers(self, scope: Scope, request_id: str, own: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        page = _ADMIN if is_admin(scope) else _EMBEDDED if is_embedded(scope) else {}
        wanted = {**self.defaults, **page, **scope.get(HEADERS, {}), "X-Request-Id": request_id}
        named = {name.lower() for name, _ in own}
        added = [(name.lower().encode(), value.encode("latin-1")) for name, value in wanted.items()]
        return [*own, *(header for header in added if header[0] not in named and header[1])]


def _new_request_id() -> str:
    """Return 16 hex digits. They name a request in the log and guard nothing, so they may be guessed."""
    return f"{getrandbits(64):016x}"


@lru_cache(maxsize=1_024)  # Looking labels up takes as long as counting.
def _numbers(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), REQUEST_SECONDS.labels(route)


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def _route(scope: Scope) -> str:
    # The template, never the path: paths hold names, and every new one would be a new row for the operator's metrics.
    route = scope.get("route")
    return getattr(route, "path", None) or "other"
