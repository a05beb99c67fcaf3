"""Files that browsers fetch: the widget, styles and scripts, read once at the start and named in one list."""

import hashlib
from pathlib import Path

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service.errors import NotFound
from service.web.cache import Packed, encoding_for, pack
from service.web.middleware import set_header
from service.web.service import of

_FOLDER = Path(__file__).parent / "static"
_KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


class Asset(Struct, frozen=True):
    """One file, ready to send."""

    page: Packed
    kind: str


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(pack(content, hashlib.sha256(content).hexdigest()[:16]), _KINDS[path.suffix])


ASSETS = {path.name: _asset(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _KINDS}

DEMO_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def embed(request: Request) -> Response:
    """GET the widget; any page may load it."""
    set_header(request.scope, "Cross-Origin-Resource-Policy", "cross-origin")
    set_header(request.scope, "Access-Control-Allow-Origin", "*")
    return _send(request, ASSETS["embed.js"], "public, max-age=3600, stale-while-revalidate=86400")


async def static(request: Request) -> Response:
    """GET a style or script of our own pages."""
    asset = ASSETS.get(request.path_params["name"])
    if asset is None:
        raise NotFound("there is no such file")
    return _send(request, asset, "public, max-age=0, must-revalidate")


async def demo(request: Request) -> Response:
    """GET the demonstration article."""
    service = of(request)
    set_header(request.scope, "Content-Security-Policy", DEMO_CSP)
    page = service.templates.get_template("demo.html")
    return HTMLResponse(page.render(site="demo", public_url=service.settings.public_url))


def _send(request: Request, asset: Asset, caching: str) -> Response:
    encoding = encoding_for(request.headers.get("accept-encoding", ""))
    etag = asset.page.etag(encoding)
    headers = {"ETag": etag, "Cache-Control": caching, "Vary": "Accept-Encoding"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if encoding != "identity":
        headers["Content-Encoding"] = encoding
    return Response(asset.page.forms[encoding], headers=headers, media_type=asset.kind)
