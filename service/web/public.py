"""What readers' browsers call: reading a thread, writing in it, and looking after one's own comment."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from service import submit, threads
from service.clock import SECOND, rfc3339
from service.errors import FieldError, Invalid, Unauthorized
from service.judge import render, warnings
from service.model import Site, Sort
from service.store.threads import counts as thread_counts
from service.store.threads import key_of
from service.submit import Receipt
from service.text.pages import keys_of
from service.web import forms
from service.web.access import address, public_site, writable_site
from service.web.cache import Page, answer, tag_of
from service.web.middleware import readable_everywhere
from service.web.service import Service, of

COUNTS_MAX = 100
# A browser asks each time and mostly hears "304"; a CDN may answer for half a minute, and longer while we are down.
# Without stale-while-revalidate: Chromium obeys it too, and then shows a reader the thread as it was before the reload.
_CACHE = "public, max-age=0, s-maxage=30, stale-if-error=86400"


_THREAD, _PAGE = {"thread": forms.thread_key}, {"url": forms.page_address}


class Posted(Struct, frozen=True):
    """The answer to a new or changed comment."""

    id: str
    status: str
    edit_token: str
    edit_until: str
    html: str


class Own(Struct, frozen=True):
    """What has become of a comment, as its author may know."""

    id: str
    status: str
    html: str
    edit_until: str
    created_at: str


async def list_comments(request: Request) -> Response:
    """GET a page of a thread."""
    readable_everywhere(request.scope)
    service = of(request)
    site = await public_site(request)
    forms.query(request, {"thread", "url", "sort", "limit", "cursor"})
    keys = _thread_keys(request, site)
    sort = _sort(request)
    limit = forms.number(request, "limit", threads.LIMIT_DEFAULT, 1, threads.LIMIT_MAX)
    cursor = request.query_params.get("cursor")
    after = threads.decode_cursor(cursor) if cursor else None

    async def tag() -> str:
        key = await _asked(service, site, keys)
        return tag_of(await threads.version(service.database.quick, site, key), site.policy.open)

    async def build() -> Page:
        key = await _asked(service, site, keys)
        version, page = await threads.read(service.database, site, key, sort, limit, after)
        headers = _page_headers(service)
        return Page(msgspec.json.encode(page), tag_of(version, site.policy.open), headers)

    return answer(request, await service.pages.get(request.scope, service.shown, tag, build))


def _page_headers(service: Service) -> dict[str, str]:
    return {**service.public_headers, "content-type": "application/json", "cache-control": _CACHE}


async def post_comment(request: Request) -> Response:
    """POST a new comment."""
    service = of(request)
    site = await writable_site(request)
    await service.posts.hit(address(request))
    key = forms.idempotency_key(request.headers.get("idempotency-key"))
    agent = request.headers.get("user-agent")
    draft = forms.draft(await forms.read_object(request), address(request), agent, partial(_form_age, service, site))
    receipt = await submit.submit(service.desk, site, draft, key)
    headers = {"Idempotent-Replayed": "true"} if receipt.replayed else {}
    return _posted(request, site, receipt, 201 if receipt.status == "approved" else 202, headers)


def _form_age(service: Service, site: Site, token: str) -> float | None:
    """Return for how many seconds a form had been open; None for a token that is not ours."""
    opened = service.keys.form_opened(token, site.name)
    return None if opened is None else max(0, service.clock() - opened) / SECOND


async def open_form(request: Request) -> Response:
    """GET what a form needs to know when somebody begins to write."""
    site = await writable_site(request)
    service = of(request)
    policy = site.policy
    return _json(
        {
            "form_token": service.keys.form_token(site.name, service.clock()),
            "warn": policy.warn,
            "email": policy.email,
            "website": policy.website,
            "consent": policy.consent or None,
            "votes": policy.votes,
            "body_max": policy.body_max,
        }
    )


async def own_comment(request: Request) -> Response:
    """GET what has become of one's own comment."""
    site = await writable_site(request)
    found = await submit.look(of(request).desk, site, _own_comment(request, site))
    comment, until = found.comment, rfc3339(found.edit_until)
    own = Own(comment.id, found.status.value, comment.html, until, rfc3339(comment.created_at))
    return _json(own, {"Cache-Control": "private, no-store"})


async def edit_comment(request: Request) -> Response:
    """PATCH one's own comment."""
    service = of(request)
    site = await writable_site(request)
    comment_id = _own_comment(request, site)
    await service.posts.hit(address(request))
    wanted = forms.fields(await forms.read_object(request), {"body": forms.body})
    return _posted(request, site, await submit.edit(service.desk, site, comment_id, wanted["body"]), 200, {})


async def delete_comment(request: Request) -> Response:
    """DELETE one's own comment."""
    site = await writable_site(request)
    await submit.withdraw(of(request).desk, site, _own_comment(request, site))
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def preview(request: Request) -> Response:
    """POST a text and get it as it would look."""
    site = await writable_site(request)
    await of(request).previews.hit(address(request))
    wanted = forms.fields(await forms.read_object(request), {"body": forms.body})
    answer: dict[str, object] = {"html": await render(wanted["body"])}
    if site.policy.warn:
        answer["warnings"] = await warnings(wanted["body"], site)
    return _json(answer)


async def counts(request: Request) -> Response:
    """GET how many comments some threads have."""
    readable_everywhere(request.scope)
    service = of(request)
    site = await public_site(request)
    forms.query(request, {"thread", "url"})
    wanted = _wanted_counts(request, site)

    async def tag() -> None:
        return None

    async def build() -> Page:
        every = dict.fromkeys(key for keys in wanted.values() for key in keys)
        found = await thread_counts(service.database.quick, site.name, list(every))
        counted = {asked: next((found[key] for key in keys if key in found), 0) for asked, keys in wanted.items()}
        content = msgspec.json.encode({"counts": counted})
        return Page(content, hashlib.blake2b(content, digest_size=8).hexdigest(), _page_headers(service))

    return answer(request, await service.pages.get(request.scope, service.shown, tag, build))


def _wanted_counts(request: Request, site: Site) -> Mapping[str, Sequence[str]]:
    """Return what is asked for, keys of threads and addresses of pages, and which keys may be meant by each."""
    named, urls = request.query_params.getlist("thread"), request.query_params.getlist("url")
    if not 1 <= len(named) + len(urls) <= COUNTS_MAX:
        raise Invalid(FieldError("thread", f"name 1 to {COUNTS_MAX} threads, like ?thread=/a&thread=/b"))
    by_url = {url: keys_of(site, forms.fields({"url": url}, _PAGE)["url"]) for url in urls}
    return by_url | {key: [forms.fields({"thread": key}, _THREAD)["thread"]] for key in named}


async def preflight(request: Request) -> Response:
    """OPTIONS: tell a browser whether a page of this origin may write."""
    await writable_site(request)
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-None-Match",
            "Access-Control-Max-Age": "7200",
        },
    )


def _thread_keys(request: Request, site: Site) -> Sequence[str]:
    """Return the keys that a request for a thread may mean: the one it names, or those of the page at `url`."""
    named, url = request.query_params.get("thread"), request.query_params.get("url")
    if named is None and url is not None:
        return keys_of(site, forms.fields({"url": url}, _PAGE)["url"])
    return [forms.fields({"thread": named}, _THREAD)["thread"]]


async def _asked(service: Service, site: Site, keys: Sequence[str]) -> str:
    # One that was named needs no look: the thread is asked for by what its key means.
    return keys[0] if len(keys) == 1 else await key_of(service.database.quick, site.name, keys)


def _sort(request: Request) -> Sort:
    try:
        return Sort(request.query_params.get("sort", Sort.OLDEST))
    except ValueError as error:
        raise Invalid(FieldError("sort", f"must be one of {', '.join(Sort)}")) from error


def _own_comment(request: Request, site: Site) -> str:
    comment_id = str(request.path_params["id"])
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not of(request).keys.opens(token.strip(), site.name, comment_id):
        raise Unauthorized("send the comment's edit token as Authorization: Bearer EDIT_TOKEN")
    return comment_id


def _posted(request: Request, site: Site, receipt: Receipt, status: int, headers: dict[str, str]) -> Response:
    comment = receipt.comment
    answer = Posted(
        comment.id,
        receipt.status.value,
        of(request).keys.edit_token(site.name, comment.id),
        rfc3339(receipt.edit_until),
        comment.html,
    )
    return _json(answer, {"Cache-Control": "private, no-store", **headers}, status)


def _json(content: object, headers: dict[str, str] | None = None, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(content),
        status,
        headers={"Cache-Control": "no-store"} | (headers or {}),
        media_type="application/json",
    )
