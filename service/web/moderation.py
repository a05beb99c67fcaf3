"""What moderators' scripts and the admin page call: the queue, decisions and their undo, a verdict on any text."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from service import review
from service.clock import parse_rfc3339, rfc3339
from service.errors import FieldError, Invalid
from service.judge import judge
from service.model import (
    AUTHOR_MAX,
    EMAIL_MAX,
    REASON_MAX,
    Action,
    Comment,
    Draft,
    HistoryEntry,
    Status,
    Verdict,
)
from service.review import Decision
from service.store import history, queue
from service.store.comments import Cursor
from service.store.queue import Filter
from service.threads import decode_cursor, encode_cursor
from service.web import forms
from service.web.access import moderated_site
from service.web.forms import Wrong
from service.web.service import of

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
IDS_MAX = 10_000
_SORTS = {"oldest": False, "newest": True}


class HistoryView(Struct, frozen=True):
    """One line of a comment's history."""

    action: str
    by: str
    at: str
    before: str
    after: str
    reason: str | None


class QueueItem(Struct, frozen=True):
    """A comment as moderators see it."""

    id: str
    thread: str
    title: str | None
    url: str | None
    parent_id: str | None
    status: str
    author: str
    email: str | None
    website: str | None
    body: str
    html: str
    created_at: str
    edited_at: str | None
    verdict: Verdict
    history: list[HistoryView]


class QueuePage(Struct, frozen=True):
    """A page of the queue; `total` counts all that match."""

    items: list[QueueItem]
    next: str | None
    total: int


async def get_queue(request: Request) -> Response:
    """GET the comments that wait, or those with another status."""
    site, _ = await moderated_site(request)
    forms.query(request, {"status", "q", "thread", "author", "sort", "limit", "cursor"})
    params = request.query_params
    wanted = Filter(
        status=_status(params.get("status", "pending")),
        q=params.get("q") or None,
        thread=params.get("thread"),
        author=params.get("author") or None,
    )
    newest_first = _newest_first(params.get("sort", "oldest"))
    limit = forms.number(request, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX)
    cursor = params.get("cursor")
    return _json(await queue_page(of(request).database, site.name, wanted, newest_first, limit, cursor))


async def queue_page(
    database: Any, site: str, wanted: Filter, newest_first: bool, limit: int, cursor: str | None
) -> QueuePage:
    """Return one page of the queue. Raises Invalid for a cursor that was not made here."""
    after = decode_cursor(cursor) if cursor else None
    found = await queue.page(database, site, wanted, newest_first, limit + 1, after)
    more, found = len(found) > limit, found[:limit]
    histories = await history.of(database, site, [comment.id for comment in found]) if found else {}
    return QueuePage(
        [_item(comment, histories[comment.id]) for comment in found],
        encode_cursor(Cursor(found[-1].created_at, found[-1].id)) if more else None,
        await queue.total(database, site, wanted),
    )


async def decide(request: Request) -> Response:
    """POST a decision on some comments, by their ids or by a filter."""
    site, who = await moderated_site(request, to_decide=True)
    wanted = forms.fields(await forms.read_object(request), _DECISIONS)
    ids, chosen = wanted["ids"], wanted["filter"]
    if (ids is None) == (chosen is None):
        raise Invalid(FieldError("ids", "send either ids or filter"))
    decision = Decision(wanted["action"], who.name, wanted["reason"])
    bench = of(request).bench
    if chosen is not None:
        return _json(await review.decide_matching(bench, site, chosen, decision))
    return _json(await review.decide(bench, site, ids, decision))


async def undo(request: Request) -> Response:
    """POST: put a batch of decisions back."""
    site, who = await moderated_site(request, to_decide=True)
    return _json(await review.undo(of(request).bench, site, request.path_params["batch"], who.name))


async def check(request: Request) -> Response:
    """POST a text and get the verdict on it; nothing is stored."""
    site, _ = await moderated_site(request)
    service = of(request)
    draft = check_draft(await forms.read_object(request))
    judged = await judge(service.database, service.learned, site, draft)
    return _json(judged.verdict)


def check_draft(given: Mapping[str, Any]) -> Draft:
    """Return the draft of a trial: only `body` is needed. Raises Invalid."""
    read = forms.fields(given, _TRIAL)
    return Draft(
        thread=read["url"] or "",
        author=read["author"] or "",
        body=read["body"],
        email=read["email"],
        website=read["website"],
        url=read["url"],
        address=read["ip"],
        user_agent=read["user_agent"],
    )


def any_text(limit: int) -> Any:
    """Return a reader of text that is judged as it is, up to a length."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong("must be text")
        if len(value) > limit:
            raise Wrong(f"is {len(value):,} characters long; at most {limit:,} fit")
        return value

    return read


def _action(value: Any) -> Action:
    try:
        return Action(value)
    except ValueError:
        raise Wrong(f"must be one of {', '.join(Action)}") from None


def _ids(value: Any) -> Sequence[str]:
    if not isinstance(value, list) or not value:
        raise Wrong("must be a list of one or more ids")
    if len(value) > IDS_MAX:
        raise Wrong(f"names {len(value):,} comments; at most {IDS_MAX:,} at once")
    return [forms.identifier(one) for one in value]


class _FilterForm(Struct, frozen=True, forbid_unknown_fields=True):
    status: Status | UnsetType = UNSET
    thread: str | UnsetType = UNSET
    author: str | UnsetType = UNSET
    domain: str | UnsetType = UNSET
    q: str | UnsetType = UNSET
    before: str | UnsetType = UNSET
    after: str | UnsetType = UNSET


def _filter(value: Any) -> Filter:
    try:
        form = msgspec.convert(value, _FilterForm)
        given = {name: v for name, v in msgspec.structs.asdict(form).items() if v is not UNSET}
        for name in ("before", "after"):
            if name in given:
                given[name] = parse_rfc3339(given[name])
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise Wrong(f"cannot be read: {error}") from error
    if not given:
        raise Wrong('is empty; say which comments are meant, for example {"status": "pending"}')
    return Filter(**given)


_DECISIONS = {
    "ids": forms.optional(_ids),
    "filter": forms.optional(_filter),
    "action": _action,
    "reason": forms.optional(forms.one_line(REASON_MAX)),
}
_TRIAL = {
    "body": any_text(50_000),
    "author": forms.optional(any_text(AUTHOR_MAX)),
    "email": forms.optional(any_text(EMAIL_MAX)),
    "website": forms.optional(any_text(2_048)),
    "url": forms.optional(any_text(2_048)),
    "ip": forms.optional(any_text(64)),
    "user_agent": forms.optional(any_text(1_000)),
}


def _status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError:
        raise Invalid(FieldError("status", f"must be one of {', '.join(Status)}")) from None


def _newest_first(text: str) -> bool:
    if text not in _SORTS:
        raise Invalid(FieldError("sort", f"must be one of {', '.join(_SORTS)}"))
    return _SORTS[text]


def _item(comment: Comment, entries: Sequence[HistoryEntry]) -> QueueItem:
    return QueueItem(
        id=comment.id,
        thread=comment.thread,
        title=comment.title,
        url=comment.url,
        parent_id=comment.parent_id,
        status=comment.status.value,
        author=comment.author,
        email=comment.email,
        website=comment.website,
        body=comment.body,
        html=comment.html,
        created_at=rfc3339(comment.created_at),
        edited_at=rfc3339(comment.edited_at) if comment.edited_at else None,
        verdict=comment.verdict,
        history=[HistoryView(e.action, e.by, rfc3339(e.at), e.before, e.after, e.reason) for e in entries],
    )


def _json(content: object) -> Response:
    return Response(
        msgspec.json.encode(content), headers={"Cache-Control": "private, no-store"}, media_type="application/json"
    )
