"""Files that browsers fetch: the widget and its words, styles and scripts, read once at the start, each in a list."""

import hashlib
import re
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service.errors import NotFound
from service.web.cache import Page, answer
from service.web.middleware import readable_everywhere, set_header
from service.web.service import of

_FOLDER = Path(__file__).parent / "static"
_WORDS = Path(__file__).parent / "words"
_KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_OURS = "public, max-age=0, must-revalidate"
_EVERYWHERE = "public, max-age=3600, stale-while-revalidate=86400"

# What other people's pages load: the half that reads, and the half that comes when somebody begins to write.
_READ, _WRITE = "embed.js", "write.js"

# Strings and templates are taken whole: what looks like a comment or an indentation in them stays.
_TOKEN = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|^[ \t]*//.*\n|^[ \t]+|^\n""", re.MULTILINE
)


def without_comments(script: str) -> str:
    """Return a script without its lines of comment, its empty lines and its indentation."""
    return _TOKEN.sub(lambda found: found[1] or "", script)


def _page(path: Path) -> Page:
    content = path.read_bytes()
    ours = path.name not in (_READ, _WRITE)
    if not ours:
        content = without_comments(content.decode()).encode()
    return _lasting(content, _KINDS[path.suffix], _OURS if ours else _EVERYWHERE)


def _lasting(content: bytes, kind: str, caching: str) -> Page:
    headers = {"content-type": kind, "cache-control": caching}
    return Page(content, hashlib.sha256(content).hexdigest()[:16], headers, lasting=True)


def _words(path: Path) -> dict[str, Page]:
    """Return the words of a language in two halves: what `embed.js` says, and the rest."""
    every = msgspec.json.decode(path.read_bytes())
    said = set(re.findall(r'say\("([a-z-]+)"', (_FOLDER / _READ).read_text("utf-8")))
    halves = {
        "read": {key: text for key, text in every.items() if key in said},
        "write": {key: text for key, text in every.items() if key not in said},
    }
    return {
        f"{half}/{path.stem}": _lasting(msgspec.json.encode(words), "application/json", _EVERYWHERE)
        for half, words in halves.items()
    }


ASSETS = {path.name: _page(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _KINDS}
WORDS = {name: page for path in sorted(_WORDS.glob("*.json")) for name, page in _words(path).items()}

DEMO_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def embed(request: Request) -> Response:
    """GET the widget; any page may load it."""
    readable_everywhere(request.scope)
    return answer(request, ASSETS[_READ])


async def write(request: Request) -> Response:
    """GET the widget's forms, which come when somebody begins to write."""
    readable_everywhere(request.scope)
    return answer(request, ASSETS[_WRITE])


async def words(request: Request) -> Response:
    """GET the widget's words in a language: those for reading, or those that come with the forms."""
    readable_everywhere(request.scope)
    page = WORDS.get(f"{request.path_params['half']}/{request.path_params['language']}")
    if page is None:
        raise NotFound("there are no words in this language")
    return answer(request, page)


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
