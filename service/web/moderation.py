"""What moderators' scripts and the admin page call: the queue, decisions and their undo, a verdict on any text."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
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
from service.text.links import HOST_MAX
from service.threads import decode_cursor, encode_cursor
from service.web import forms
from service.web.access import moderated_site
from service.web.forms import Wrong
from service.web.service import of

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
IDS_MAX = 10_000
SEARCH_MAX = 200
T = TypeVar("T")
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
    """A comment as moderators see it; sent back with a decision, `version` says what was looked at."""

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
    reports: int
    version: int
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
    given = {"status": Status.PENDING} | {name: params[name] for name in _SOUGHT if params.get(name)}
    wanted = Filter(**forms.fields(given, _SOUGHT))
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
    versions = wanted["versions"] or {}
    if chosen is not None and versions:
        raise Invalid(FieldError("versions", "goes with ids alone; a filter is looked at again for each comment"))
    decision = Decision(wanted["action"], who.name, wanted["reason"])
    bench = of(request).bench
    if chosen is not None:
        return _json(await review.decide_matching(bench, site, chosen, decision))
    return _json(await review.decide(bench, site, ids, decision, versions))


async def undo(request: Request) -> Response:
    """POST: put a batch of decisions back."""
    site, who = await moderated_site(request, to_decide=True)
    return _json(await review.undo(of(request).bench, site, request.path_params["batch"], who.name))


async def check(request: Request) -> Response:
    """POST a text and get the verdict on it; nothing is stored."""
    site, _ = await moderated_site(request)
    service = of(request)
    draft = check_draft(await forms.read_object(request))
    judged = await judge(service.memory, site, draft)
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


def read_status(value: Any) -> Status:
    """Read a status."""
    try:
        return Status(value)
    except ValueError:
        raise Wrong(f"must be one of {', '.join(Status)}") from None


def read_action(value: Any) -> Action:
    """Read a decision's action."""
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


def _versions(value: Any) -> Mapping[str, int]:
    try:
        return msgspec.convert(value, dict[str, int])
    except msgspec.ValidationError as error:
        raise Wrong('must be like {"ID": 3}, with the version that the queue showed') from error


def _filter(value: Any) -> Filter:
    if not isinstance(value, dict) or not value:
        raise Wrong('must say which comments are meant, for example {"status": "pending"}')
    try:
        return Filter(**forms.fields(value, {name: _if_given(read) for name, read in _FILTER.items()}))
    except Invalid as invalid:
        raise Wrong("; ".join(f"{error.field} {error.detail}" for error in invalid.errors)) from invalid


def _if_given(read: Callable[[Any], T]) -> Callable[[Any], T | None]:
    # An empty word would not narrow the filter at all, and the decision would reach everything.
    return lambda value: None if value is None else read(value)


def _moment(value: Any) -> int:
    try:
        return parse_rfc3339(value)
    except (TypeError, ValueError, OverflowError):
        raise Wrong("must be a time like 2026-01-31T12:00:00Z") from None


_FILTER: Mapping[str, Callable[[Any], Any]] = {
    "status": read_status,
    "thread": forms.thread_key,
    "author": forms.one_line(EMAIL_MAX),
    "domain": forms.one_line(HOST_MAX),
    "q": forms.one_line(SEARCH_MAX),
    "before": _moment,
    "after": _moment,
}
_SOUGHT = {"status": read_status} | {name: forms.optional(_FILTER[name]) for name in ("q", "thread", "author")}
_DECISIONS = {
    "ids": forms.optional(_ids),
    "versions": forms.optional(_versions),
    "filter": forms.optional(_filter),
    "action": read_action,
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
        reports=comment.reports,
        version=comment.version,
        verdict=comment.verdict,
        history=[HistoryView(e.action, e.by, rfc3339(e.at), e.before, e.after, e.reason) for e in entries],
    )


def _json(content: object) -> Response:
    return Response(
        msgspec.json.encode(content), headers={"Cache-Control": "private, no-store"}, media_type="application/json"
    )
