"""Pages for people: drawn from templates, with forms that only our own pages may send."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.errors import Malformed, Unauthorized, UnsupportedMedia
from service.model import REQUEST_MAX_BYTES
from service.web import forms
from service.web.access import SignedIn, check_csrf, cookie_name, session
from service.web.service import of

Handler = Callable[[Request], Awaitable[Response]]
Form = ImmutableMultiDict[str, str]

HOME = "/admin/"
FORM_FIELDS_MAX = 1_000


def page(handler: Handler) -> Handler:
    """Let a handler answer people: who is not signed in gets the page to sign in on, and comes back from there."""

    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Unauthorized as error:
            return sign_in_page(request, error.detail, 401)

    return answer


def render(request: Request, template: str, status: int = 200, /, **context: Any) -> Response:
    """Return a page drawn from a template."""
    return HTMLResponse(of(request).templates.get_template(template).render(context), status)


def sign_in_page(request: Request, message: str | None, status: int = 200, email: str = "") -> Response:
    """Return the page to sign in on; after that the browser comes back to where it was."""
    return render(request, "sign_in.html", status, message=message, email=email, back=_where(request))


async def signed_in(request: Request) -> SignedIn:
    """Return the moderator of this browser. Raises Unauthorized, which becomes the page to sign in on."""
    found = await session(request)
    if found is None:
        if cookie_name(of(request)) in request.cookies:
            raise Unauthorized("you have been signed out; sign in again to go on")
        raise Unauthorized("sign in to see this page")
    return found


async def read_own_form(request: Request) -> tuple[SignedIn, Form]:
    """Return who sent a form, and the form. Raises Unauthorized, and Forbidden when no page of ours made it."""
    form = await read_form(request)
    who = await signed_in(request)
    check_csrf(request, who, form.get("csrf"))
    return who, form


async def read_form(request: Request, limit: int = REQUEST_MAX_BYTES) -> Form:
    """Return a plain form that was sent. Raises Malformed, TooLarge and UnsupportedMedia."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise UnsupportedMedia("this page takes plain forms only")
    content = await forms.read_body(request, limit)
    try:
        text = content.decode("ascii")
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise Malformed("the form cannot be read; go back, reload the page and try again") from error
    return Form(fields)


def go(path: str) -> Response:
    """Send the browser on to a page of ours, which it then asks for with GET."""
    return RedirectResponse(path, 303)


def own_path(path: str | None) -> str:
    """Return a path to come back to, or the first page where it could lead anywhere but to a page of ours."""
    text = path or ""
    safe = text.startswith(HOME) and "\\" not in text and "//" not in text.partition("?")[0]
    return text if safe and text.isascii() and text.isprintable() and " " not in text else HOME


def address_of(path: str, **query: object) -> str:
    """Return a path with these words in its query; None and empty words are left out."""
    kept = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(kept)}" if kept else path


def with_query(path: str, **query: object) -> str:
    """Return a path whose query has these words too."""
    parts = urlsplit(path)
    return address_of(parts.path, **(dict(parse_qsl(parts.query)) | query))


def _where(request: Request) -> str:
    """Return the page that the browser shows: of a form that was sent, the one that the form stood on."""
    try:
        url = urlsplit(str(request.url) if request.method == "GET" else request.headers.get("referer", ""))
    except ValueError:  # a browser of ours never sends such an address
        return HOME
    path = own_path(f"{url.path}?{url.query}" if url.query else url.path)
    return HOME if path.startswith("/admin/sign-") else path
