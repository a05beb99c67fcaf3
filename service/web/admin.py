"""The admin page: the queue of a site, decisions with one key or one press of a button, and their undo.

Everything works as plain links and forms; `static/admin.js` only makes it faster.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from service import review
from service.errors import NotFound
from service.model import REASON_MAX, Site, Status
from service.review import Decided, Decision
from service.store import history, queue, sites
from service.store.queue import Filter
from service.web import forms, sign_in
from service.web.access import SignedIn, session
from service.web.cards import DONE_WORDS, STATUS_WORDS, Card, card
from service.web.moderation import SEARCH_MAX, queue_page, read_action, read_status
from service.web.pages import (
    HOME,
    Form,
    address_of,
    go,
    own_path,
    page,
    read_own_form,
    render,
    sign_in_page,
    signed_in,
    with_query,
)
from service.web.service import Service, of

PAGE_SIZE = 50


class Asked(Struct, frozen=True):
    """Which part of the queue somebody looks at."""

    status: Status = Status.PENDING
    q: str = ""
    cursor: str | None = None


class Tab(Struct, frozen=True):
    """One status, with how many comments have it."""

    status: Status
    words: str
    count: int
    address: str


class Notice(Struct, frozen=True):
    """What the last press of a button did, and the batch that an undo takes back; None when nothing is left to undo."""

    words: str
    batch: str | None


class QueueView(Struct, frozen=True):
    """Everything that the queue page shows."""

    tabs: Sequence[Tab]
    cards: Sequence[Card]
    total: int
    here: str
    next: str | None
    notice: Notice | None


@page
async def first_page(request: Request) -> Response:
    """GET the site that somebody looks after, their sites if they are several, or the page to sign in on."""
    who = await session(request)
    if who is None:
        return sign_in_page(request, None)
    names = list(who.caller.roles)
    if len(names) == 1:
        return go(_path(names[0]))
    database = of(request).database
    waiting = {name: (await queue.tally(database, name))[Status.PENDING] for name in names}
    return render(request, "sites.html", me=who, waiting=waiting)


@page
async def show_queue(request: Request) -> Response:
    """GET the queue of a site."""
    who = await signed_in(request)
    site = await _site(request, who)
    asked = _asked(request.query_params)
    view = await _view(of(request), site, asked, request.query_params)
    return render(request, "queue.html", me=who, site=site, asked=asked, view=view, status_words=STATUS_WORDS)


@page
async def decide(request: Request) -> Response:
    """POST a decision on one comment or several."""
    who, form = await read_own_form(request)
    site = await _site(request, who)
    names = {"ids": form.getlist("id"), "versions": form.getlist("version")}
    wanted = forms.fields(names | {"action": form.get("action"), "reason": form.get("reason")}, _DECISION)
    decision = Decision(wanted["action"], who.caller.name, wanted["reason"])
    versions = dict(zip(wanted["ids"], wanted["versions"], strict=False))
    return _back(form, await review.decide(of(request).bench, site, wanted["ids"], decision, versions))


@page
async def undo(request: Request) -> Response:
    """POST: put a batch of decisions back."""
    who, form = await read_own_form(request)
    site = await _site(request, who)
    return _back(form, await review.undo(of(request).bench, site, form.get("batch", ""), who.caller.name))


@page
async def to_queue(request: Request) -> Response:
    """GET a site's address without its last slash."""
    return go(_path(quote(request.path_params["site"], safe="")))


@page
async def nothing_here(_request: Request) -> Response:
    """GET any other address below /admin/."""
    raise NotFound("there is no page at this address")


async def _site(request: Request, who: SignedIn) -> Site:
    """Return the site of the path. Raises NotFound for a site that is not theirs, as if it did not exist."""
    name = request.path_params["site"]
    if name not in who.caller.roles:
        raise NotFound(f"there is no site named {name!r}")
    return await sites.get(of(request).database, name)


def _asked(query: Mapping[str, str]) -> Asked:
    wanted = forms.fields(
        {"status": query.get("status", "pending"), "q": query.get("q", ""), "cursor": query.get("cursor")},
        {"status": read_status, "q": forms.optional(forms.one_line(SEARCH_MAX)), "cursor": lambda value: value or None},
    )
    return Asked(wanted["status"], wanted["q"] or "", wanted["cursor"])


async def _view(service: Service, site: Site, asked: Asked, query: Mapping[str, str]) -> QueueView:
    """Return what the page shows: what waits in order of arrival, everything else with the newest first."""
    database, path = service.database, _path(site.name)
    wanted = Filter(status=asked.status, q=asked.q or None)
    newest_first = asked.status is not Status.PENDING
    found = await queue_page(database, site.name, wanted, newest_first, PAGE_SIZE, asked.cursor)
    counts = await queue.tally(database, site.name)
    now = service.clock()
    here = {"status": asked.status, "q": asked.q}
    return QueueView(
        tabs=[Tab(s, words, counts[s], address_of(path, status=s, q=asked.q)) for s, words in STATUS_WORDS.items()],
        cards=[card(item, site, now) for item in found.items],
        total=found.total,
        here=address_of(path, **here, cursor=asked.cursor),
        next=address_of(path, **here, cursor=found.next) if found.next else None,
        notice=await _notice(service, site, query),
    )


async def _notice(service: Service, site: Site, query: Mapping[str, str]) -> Notice | None:
    """Return what a batch did, as the database knows it: an address can name a batch and claim nothing about it."""
    done = await history.batch(service.database, site.name, query["batch"]) if "batch" in query else []
    skipped = "skipped" in query
    if not done and not skipped:
        return None
    words = []
    if done:
        words.append(f"{_comments(len(done))} {DONE_WORDS.get(done[0].action, done[0].action)}.")
    if skipped:
        words.append("Left alone what had changed since you looked: look again before you decide.")
    return Notice(" ".join(words), None if all(row.overtaken for row in done) else query.get("batch"))


def _comments(count: int) -> str:
    return "1 comment" if count == 1 else f"{count:,} comments"


def _back(form: Form, done: Decided) -> Response:
    """Send the browser back to where the form stood, with word of what happened."""
    batch = done.batch if done.decided else None
    return go(with_query(own_path(form.get("back")), batch=batch, skipped="some" if done.skipped else None))


def _path(site: str) -> str:
    return f"{HOME}{site}/"


def _ids(value: list[str]) -> Sequence[str]:
    if not value:
        raise forms.Wrong("is missing; choose a comment")
    return [forms.identifier(one) for one in value]


def _versions(value: list[str]) -> Sequence[int]:
    try:
        return [int(one) for one in value]
    except ValueError:
        raise forms.Wrong("is not the one that the page gave") from None


_DECISION = {
    "ids": _ids,
    "versions": _versions,
    "action": read_action,
    "reason": forms.optional(forms.one_line(REASON_MAX)),
}

# A site may be called `sign-in`, so its own addresses come before those of signing in.
ROUTES: list[BaseRoute] = [
    Route("/admin", RedirectResponse(HOME)),
    Route("/admin/", first_page),
    Route("/admin/{site}/", show_queue),
    Route("/admin/{site}/decisions", decide, methods=["POST"]),
    Route("/admin/{site}/undo", undo, methods=["POST"]),
    Route("/admin/sign-in", sign_in.by_password, methods=["POST"]),
    Route("/admin/sign-in/{secret}", sign_in.link_page),
    Route("/admin/sign-in/{secret}", sign_in.by_link, methods=["POST"]),
    Route("/admin/sign-out", sign_in.sign_out, methods=["POST"]),
    Route("/admin/account", sign_in.account),
    Route("/admin/account", sign_in.change_password, methods=["POST"]),
    Route("/admin/{site}", to_queue),
    Route("/admin/{path:path}", nothing_here),
]
