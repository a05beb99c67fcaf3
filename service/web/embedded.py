"""The same thread without JavaScript: a page with a plain form, for `<noscript>` and frames, and its list alone."""

from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service import submit, threads
from service.clock import SECOND
from service.errors import FieldError, GatepostError, Invalid, TooLarge, Unavailable
from service.model import REQUEST_MAX_BYTES, Comment, Draft, Site, Sort, Status, Thread
from service.store import comments as kept_comments
from service.store import threads as kept_threads
from service.store.comments import Cursor
from service.text.pages import keys_of
from service.web import forms, pages, plain_form, thread_page
from service.web.access import address, check_form_origin, public_site
from service.web.assets import ASSETS
from service.web.cache import Page, answer, tag_of
from service.web.language import Words, chosen
from service.web.middleware import log, readable_everywhere
from service.web.plain_form import PlainForm
from service.web.problems import headers_of, problem_of
from service.web.service import Service, of
from service.web.thread_page import Addresses

# A form writes a letter beyond ASCII in up to three times as many bytes as JSON does.
FORM_MAX_BYTES = 3 * REQUEST_MAX_BYTES
_LIST = {"thread", "url", "sort", "cursor", "lang"}
_VARY = "Accept-Encoding, Accept-Language"
_LIST_CACHE = "public, max-age=0, s-maxage=30, stale-if-error=86400"


class Wanted(Struct, frozen=True):
    """What an address asks for: a thread, a place in it, and whose words.

    `named` is what the address says of thread and language, for the links. `lasting` tells that the language follows
    from the address and the site, so that a page may be kept under the address alone.
    """

    site: Site
    thread: Thread
    sort: Sort
    after: Cursor | None
    words: Words
    named: Mapping[str, str]
    lasting: bool

    def link(self, **more: str) -> str:
        """Return the path and query of a page of this thread."""
        return f"/embed/{self.site.name}?{urlencode({**self.named, **more})}"


async def page(request: Request) -> Response:
    """GET the page of a thread."""
    service = of(request)
    wanted = await _wanted(request, {"reply", "posted"})
    reply, posted = request.query_params.get("reply"), request.query_params.get("posted")
    form = plain_form.fresh(service.keys.form_token(wanted.site.name, service.clock()), service.new_id())
    note = wanted.words.say(f"posted-{posted}") if posted in (Status.PENDING, Status.APPROVED) else None
    drawn = await _draw(request, wanted, form, await _parent(service, wanted, reply), note)
    # Each form is for one writer and one comment, so the page is; its list comes from the cache.
    return answer(request, Page(drawn.encode(), form.typed["key"], _headers(wanted, "private, no-cache")))


async def post(request: Request) -> Response:
    """POST a comment from the page's form; the browser is sent on, so that a reload posts nothing."""
    wanted = await _wanted(request, set())
    # There is no session here and no cookie counts, so a form on a foreign page has nothing to borrow: what it could
    # send, its owner could send alone. The origin is looked at all the same, as for the widget.
    check_form_origin(request, wanted.site)
    typed = plain_form.typed(await pages.read_form(request, FORM_MAX_BYTES))
    try:
        receipt = await _submit(request, wanted, typed)
    except GatepostError as error:
        return await _again(request, wanted, typed, error)
    return pages.go(f"{wanted.link(posted=receipt.status.value)}#answer")


async def fragment(request: Request) -> Response:
    """GET the list alone, to be put into a page when that is built or sent."""
    readable_everywhere(request.scope)
    wanted = await _wanted(request, set())
    return answer(request, await _list(request, wanted, "fragment", 2))


async def style(request: Request) -> Response:
    """GET the style sheet of the page and of the fragment; a frame without an origin of its own may load it, too."""
    readable_everywhere(request.scope)
    return answer(request, ASSETS["embed.css"])


async def _wanted(request: Request, more: set[str]) -> Wanted:
    """Read the address. Raises NotFound and Invalid."""
    service, query = of(request), request.query_params
    site = await public_site(request)
    forms.query(request, _LIST | more)
    url = query.get("url")
    if url and not query.get("thread"):
        keys = keys_of(site, forms.fields({"url": url}, {"url": forms.page_address})["url"])
        key = await kept_threads.key_of(service.database.quick, site.name, keys)
    else:
        key = forms.fields({"thread": query.get("thread")}, {"thread": forms.thread_key})["thread"]
    cursor = query.get("cursor")
    words, lasting = chosen(query.get("lang"), site.policy.languages, request.headers.get("accept-language", ""))
    return Wanted(
        site,
        await _thread(service, site, key),
        _sort(query.get("sort")),
        threads.decode_cursor(cursor) if cursor else None,
        words,
        {name: query[name] for name in ("thread", "url", "lang") if query.get(name)},
        lasting,
    )


def _sort(value: str | None) -> Sort:
    try:
        return Sort(value or Sort.OLDEST)
    except ValueError as error:
        raise Invalid(FieldError("sort", f"must be one of {', '.join(Sort)}")) from error


async def _thread(service: Service, site: Site, key: str) -> Thread:
    try:
        return await kept_threads.get(service.database.quick, site.name, key)
    except Unavailable:
        return Thread(key)  # the list may be ready all the same


async def _parent(service: Service, wanted: Wanted, comment_id: str | None) -> Comment | None:
    """Return the comment that is to be answered, if readers see it in this thread."""
    try:
        comment_id = forms.identifier(comment_id)
        found = (await kept_comments.some(service.database.quick, wanted.site.name, [comment_id])).get(comment_id)
    except (forms.Wrong, Unavailable):
        return None
    shown = found and found.status is Status.APPROVED and found.thread == wanted.thread.key
    return found if shown else None


async def _list(request: Request, wanted: Wanted, kind: str, heading_level: int) -> Page:
    """Return the list of a page, ready to be sent or put into the page."""
    service, site, key = of(request), wanted.site, wanted.thread.key

    def tagged(version: int) -> str:
        return f"{tag_of(version, site.policy.open)}-{wanted.words.language}"

    async def tag() -> str:
        return tagged(await threads.version(service.database.quick, site, key))

    async def build() -> Page:
        limit, after = threads.LIMIT_DEFAULT, wanted.after
        version, read = await threads.read(service.database, site, key, wanted.sort, limit, after)
        links = _addresses(service, wanted, read.next)
        section = thread_page.draw(service.templates, wanted.words, read, wanted.sort, links, heading_level)
        headers = {**service.public_headers, **_headers(wanted, _LIST_CACHE), "x-robots-tag": "noindex"}
        return Page(section, tagged(version), headers)

    # What is not asked for by its own address is kept under one that nobody can ask for.
    ready = kind == "fragment" and wanted.lasting
    path = request.scope["path"] if ready else f"{kind} in {wanted.words.language} of {request.scope['path']}"
    query = request.scope["query_string"] if ready else _place(request)
    return await service.pages.get({**request.scope, "path": path, "query_string": query}, service.shown, tag, build)


def _place(request: Request) -> bytes:
    """Return the part of the query that says which list is meant."""
    return urlencode({name: value for name, value in request.query_params.items() if name in _LIST}).encode()


def _addresses(service: Service, wanted: Wanted, cursor: str | None) -> Addresses:
    base = service.settings.public_url
    sort = {} if wanted.sort is Sort.OLDEST else {"sort": wanted.sort.value}
    return Addresses(
        base + wanted.link(),
        [(other, base + wanted.link(sort=other.value)) for other in Sort],
        base + wanted.link(**sort) if wanted.after else None,
        base + wanted.link(**sort, cursor=cursor) if cursor else None,
    )


async def _draw(
    request: Request, wanted: Wanted, form: PlainForm, parent: Comment | None, note: str | None = None
) -> str:
    service, words = of(request), wanted.words
    try:
        section = (await _list(request, wanted, "page", 1)).content.decode()
    except Unavailable:
        if not form.problem:
            raise
        section = ""  # what was typed matters more
    base, title = service.settings.public_url, wanted.thread.title
    thread = urlencode({"thread": wanted.thread.key})
    return service.templates.get_template("embed.html").render(
        words=words,
        say=words.say,
        title=words.say("page-heading", title=title) if title else words.say("heading"),
        canonical=base + wanted.link(),
        feed=f"{base}/sites/{wanted.site.name}/feed.atom?{thread}",
        action=wanted.link(),
        thread=section,
        policy=wanted.site.policy,
        limits=plain_form.LIMITS,
        typed=form.typed,
        problem=form.problem,
        errors=form.errors,
        parent=parent,
        note=note,
    )


async def _submit(request: Request, wanted: Wanted, typed: Mapping[str, str]) -> submit.Receipt:
    service = of(request)
    if sum(len(text.encode()) for text in typed.values()) > REQUEST_MAX_BYTES:
        raise TooLarge(f"the form is larger than {REQUEST_MAX_BYTES // 1024} KiB")
    await service.posts.hit(address(request))
    key = forms.idempotency_key(typed["key"] or None)
    return await submit.submit(service.desk, wanted.site, _read(request, wanted, typed), key)


def _read(request: Request, wanted: Wanted, typed: Mapping[str, str]) -> Draft:
    service = of(request)

    def age(token: str) -> float | None:
        opened = service.keys.form_opened(token, wanted.site.name)
        return None if opened is None else max(0, service.clock() - opened) / SECOND

    given = {
        "thread": wanted.thread.key,
        "url": wanted.named.get("url"),
        "language": wanted.named.get("lang"),
        "trap": typed[plain_form.TRAP],
        "consent": bool(typed["consent"]),
        **{name: typed[name] for name in ("body", "author", "email", "website", "parent_id", "form_token")},
    }
    return forms.draft(given, address(request), request.headers.get("user-agent"), age)


async def _again(request: Request, wanted: Wanted, typed: Mapping[str, str], error: GatepostError) -> Response:
    """Return the form once more: nothing that was typed is lost, whatever went wrong."""
    service, again = of(request), dict(typed)
    if isinstance(error, Unavailable):
        log.warning("unavailable", cause=error.detail)
    wrong = [mistake.field for mistake in error.errors] if isinstance(error, Invalid) else []
    if not again["key"] or "Idempotency-Key" in wrong:
        again["key"] = service.new_id()
    if "parent_id" in wrong:
        again["parent_id"] = ""
    form = plain_form.explain(wanted.words, wanted.site, typed, error)
    form = PlainForm(again, form.problem, form.errors)
    drawn = await _draw(request, wanted, form, await _parent(service, wanted, again["parent_id"]))
    headers = _headers(wanted, "no-store") | headers_of(error)
    return HTMLResponse(drawn, problem_of(error).status, headers=headers)


def _headers(wanted: Wanted, cache: str) -> dict[str, str]:
    return {
        "content-type": "text/html; charset=utf-8",
        "cache-control": cache,
        "content-language": wanted.words.language,
        "vary": _VARY,
    }
