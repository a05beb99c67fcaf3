"""Files that browsers fetch: the widget, styles and scripts, read once at the start and named in one list."""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service.errors import NotFound
from service.web.cache import Page, answer
from service.web.middleware import readable_everywhere, set_header
from service.web.service import of

_FOLDER = Path(__file__).parent / "static"
_KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


_WIDGET = "embed.js"


def _page(path: Path) -> Page:
    content = path.read_bytes()
    caching = "public, max-age=3600, stale-while-revalidate=86400" if path.name == _WIDGET else _OURS
    headers = {"content-type": _KINDS[path.suffix], "cache-control": caching}
    return Page(content, hashlib.sha256(content).hexdigest()[:16], headers, lasting=True)


_OURS = "public, max-age=0, must-revalidate"
ASSETS = {path.name: _page(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _KINDS}

DEMO_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def embed(request: Request) -> Response:
    """GET the widget; any page may load it."""
    readable_everywhere(request.scope)
    return answer(request, ASSETS[_WIDGET])


async def static(request: Request) -> Response:
    """GET a style or script of our own pages."""
    page = ASSETS.get(request.path_params["name"])
    if page is None:
        raise NotFound("there is no such file")
    return answer(request, page)


async def demo(request: Request) -> Response:
    """GET the demonstration article."""
    service = of(request)
    set_header(request.scope, "Content-Security-Policy", DEMO_CSP)
    page = service.templates.get_template("demo.html")
    return HTMLResponse(page.render(site="demo", public_url=service.settings.public_url))
