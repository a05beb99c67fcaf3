"""Who is asking, and may they: origins of pages, API tokens, sessions of moderators, addresses behind proxies."""

import hmac
import ipaddress
from collections.abc import Sequence
from contextlib import suppress

from msgspec import Struct
from starlette.requests import Request

from service.clock import MINUTE
from service.errors import Forbidden, NotFound, OriginRefused, Unauthorized, Unavailable
from service.keys import API_TOKEN_PREFIX, hash_secret
from service.model import Caller, Site
from service.settings import Network
from service.store import people, sites, tokens
from service.web.middleware import set_header
from service.web.service import Service, of

SAFE = ("GET", "HEAD", "OPTIONS")
_NOTE_USE_EVERY = 5 * MINUTE


class SignedIn(Struct, frozen=True):
    """A moderator's browser: who it is, and the token that its forms carry."""

    caller: Caller
    csrf_token: str
    secret_hash: str


def cookie_name(service: Service) -> str:
    """Return the session cookie's name; over TLS the browser itself then guards it against other hosts."""
    return "__Host-gatepost" if service.settings.secure else "gatepost"


def address(request: Request) -> str | None:
    """Return the sender's IP address; forwarded addresses count only from proxies that the operator trusts."""
    peer = request.client.host if request.client else None
    forwarded = [part.strip() for value in request.headers.getlist("x-forwarded-for") for part in value.split(",")]
    trusted = of(request).settings.trusted_proxies
    while forwarded and peer is not None and _among(peer, trusted):
        claimed = _plain(forwarded.pop())
        if claimed is None:
            break
        peer = claimed
    return peer


def _among(text: str, networks: Sequence[Network]) -> bool:
    parsed = _plain(text)
    return parsed is not None and any(ipaddress.ip_address(parsed) in network for network in networks)


def _plain(text: str) -> str | None:
    """Return an address without port or brackets, or None if it is none."""
    host = text.removeprefix("[").partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)


def check_origin(request: Request, site: Site) -> None:
    """Let only the site's own pages write from a browser; what sends no Origin is no browser. Raises OriginRefused."""
    set_header(request.scope, "Vary", "Origin")
    origin = request.headers.get("origin")
    if origin is None:
        return
    if origin not in site.origins:
        raise OriginRefused(f"pages of {origin[:200]} may not post on this site")
    set_header(request.scope, "Access-Control-Allow-Origin", origin)
    set_header(request.scope, "Access-Control-Expose-Headers", "Retry-After, Idempotent-Replayed, X-Request-Id")


def check_form_origin(request: Request, site: Site) -> None:
    """Let a plain form be sent from our own page and from the site's. Raises OriginRefused.

    A frame with `sandbox` needs `allow-same-origin`: without it a browser does not say whose page it is.
    """
    origin = request.headers.get("origin")
    if origin not in (None, _origin(of(request).settings.public_url), *site.origins):
        raise OriginRefused(f"pages of {str(origin)[:200]} may not post on this site")


async def public_site(request: Request) -> Site:
    """Return the site of the path. Raises NotFound."""
    service = of(request)
    return await service.sites.get(service.database, request.path_params["site"])


async def writable_site(request: Request) -> Site:
    """Return the site of the path, for a request that its own pages alone may make. Raises NotFound, OriginRefused."""
    site = await public_site(request)
    check_origin(request, site)
    return site


async def session(request: Request) -> SignedIn | None:
    """Return the signed-in moderator of this browser, if any."""
    service = of(request)
    secret = request.cookies.get(cookie_name(service))
    if not secret:
        return None
    hashed = hash_secret(secret)
    found = await people.session(service.database.quick, hashed, service.clock())
    if found is None:
        return None
    person = await people.get(service.database.quick, found.person_id)
    return SignedIn(Caller(person.email, person.roles, person.id), found.csrf_token, hashed)


def check_csrf(request: Request, signed_in: SignedIn, token: str | None) -> None:
    """Refuse a request that changes something unless a form of this session made it. Raises Forbidden."""
    check_own_page(request)
    if not hmac.compare_digest((token or "").encode(), signed_in.csrf_token.encode()):
        raise Forbidden("the form is out of date; reload the page and try again")


def check_own_page(request: Request) -> None:
    """Refuse what a browser sends from a page that is not ours; signing in needs this before there is a session.

    Raises Forbidden.
    """
    own = of(request).settings.public_url
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("this request came from another site")
    origin = request.headers.get("origin")
    if origin is not None and origin not in (_origin(own), f"{request.url.scheme}://{request.headers.get('host')}"):
        raise Forbidden("this request came from another site")


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


async def caller(request: Request) -> Caller:
    """Return who makes an API request. Raises Unauthorized, and Forbidden for a session without its CSRF header."""
    service = of(request)
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.startswith(API_TOKEN_PREFIX):
        token = await tokens.by_secret(service.database.quick, hash_secret(secret.strip()))
        if token is None:
            raise Unauthorized("this token is not valid; it may have been revoked")
        if token.last_used_at is None or token.last_used_at < service.clock() - _NOTE_USE_EVERY:
            # A note for the owner; where it cannot be kept, looking at the queue goes on.
            with suppress(Unavailable):
                async with service.database.transaction() as tx:
                    await tokens.used(tx, token, service.clock())
        return Caller(f"token {token.name}", {token.site: token.role})
    signed_in = await session(request) if scheme == "" else None
    if signed_in is None:
        raise Unauthorized("send a token as Authorization: Bearer TOKEN, or sign in at /admin/")
    if request.method not in SAFE:
        check_csrf(request, signed_in, request.headers.get("x-csrf-token"))
    return signed_in.caller


async def moderated_site(request: Request, to_decide: bool = False) -> tuple[Site, Caller]:
    """Return the site of the path and who asks for it.

    Raises Unauthorized, NotFound for a site that is not theirs, as if it did not exist, and Forbidden for a reader
    who wants to decide.
    """
    who = await caller(request)
    name = request.path_params["site"]
    role = who.roles.get(name)
    if role is None:
        raise NotFound(f"there is no site named {name!r}")
    if to_decide and role == "reader":
        raise Forbidden("this token may look and not decide; make one with --role moderator")
    return await sites.get(of(request).database.quick, name), who
