"""A reader writes: a draft becomes a comment, is changed by its author, or is taken back."""

import hashlib

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from service.clock import MINUTE
from service.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, ThreadClosed
from service.judge import Judged, Memory, judge_with_others, render
from service.keys import Keys
from service.metrics import COMMENTS
from service.model import (
    Clock,
    Comment,
    Draft,
    HistoryEntry,
    IdMaker,
    Outcome,
    Site,
    Status,
    Thread,
)
from service.outbound import Outbound
from service.store import comments, history, learned, reactions, threads
from service.store.comments import Arrival
from service.store.database import Database, Insertion, Statement, Transaction
from service.store.history import Happening
from service.store.learned import Retaught
from service.text.markdown import shows_something
from service.text.pages import keys_of

AUTHOR = "author"


class Desk(Struct, frozen=True):
    """What writing needs: where to keep comments, how to judge them, the time, fresh ids, the keys and the way out."""

    database: Database
    memory: Memory
    keys: Keys
    clock: Clock
    new_id: IdMaker
    outbound: Outbound


class Receipt(Struct, frozen=True):
    """What an author gets for a comment: the comment, how it began, and whether this answer was given before."""

    comment: Comment
    status: Status
    edit_until: int
    replayed: bool = False


async def submit(desk: Desk, site: Site, draft: Draft, idempotency_key: str | None = None) -> Receipt:
    """Judge a draft and keep it as a comment; once this returns, it is on disk.

    A repeated `idempotency_key` with the same draft gives the first receipt again and keeps nothing.
    Raises Invalid (fields, a page of another site, or a key that was used for another draft) and ThreadClosed.
    """
    request_hash = hashlib.sha256(msgspec.msgpack.encode(_what_was_asked(draft))).hexdigest()
    if idempotency_key and (earlier := await _earlier(desk, site, idempotency_key, request_hash)):
        return earlier
    draft = await _placed(desk, site, draft)
    _require(site, draft)
    depth = await _depth(desk, site, draft)
    judged = await judge_with_others(desk.memory, desk.outbound, site, draft)
    _require_something_to_see(judged)
    comment = _comment(desk, site, draft, depth, judged)
    arrival = Arrival(judged.body_hash, judged.hosts, draft.notify, draft.user_agent, idempotency_key, request_hash)
    statements: list[Statement | Insertion] = [comments.insertion(comment, arrival)]
    if comment.status is Status.APPROVED:
        statements.append(threads.joined(site.name, _thread(comment), comment.id, comment.created_at))
    kept = await desk.database.write(*statements, shown=comment.status is Status.APPROVED)
    if not kept and idempotency_key:
        earlier = await _earlier(desk, site, idempotency_key, request_hash)
        if earlier is None:
            raise Conflict("the first request with this Idempotency-Key is still being answered; try again")
        return earlier
    desk.memory.recent.note(draft.body, draft.address)
    COMMENTS.labels(outcome=judged.verdict.outcome.value).inc()
    return _receipt(site, comment)


async def look(desk: Desk, site: Site, comment_id: str) -> Receipt:
    """Return what has become of a comment, for its author; spam waits, as when it came.

    Raises NotFound for one that its author has deleted.
    """
    comment = await comments.get(desk.database.quick, site.name, comment_id)
    if comment.withdrawn:
        raise NotFound("there is no such comment")
    status = Status.PENDING if comment.status is Status.SPAM else comment.status
    return Receipt(comment, status, _edit_until(site, comment))


async def edit(desk: Desk, site: Site, comment_id: str, body: str) -> Receipt:
    """Change a comment's text for its author; the new text is judged like a new comment.

    Raises NotFound, Forbidden (the edit window is over), Conflict (a moderator has turned it down) and Invalid.
    """
    before = await _own(desk, site, comment_id)
    if before.status is Status.REJECTED:
        raise Conflict("a moderator has decided on this comment already")
    draft = Draft(before.thread, before.author, body, before.email, before.website, before.parent_id, consent=True)
    _require(site, draft)
    judged = await judge_with_others(desk.memory, desk.outbound, site, draft, but=before.id)
    _require_something_to_see(judged)
    async with desk.database.transaction(site.name) as tx:
        now = desk.clock()
        # Read again: votes may have come, or its thread may have been merged into another.
        kept = await comments.get(tx, site.name, comment_id)
        if kept.version != before.version:
            raise Conflict("the comment was changed by somebody else just now; look at it again")
        after = replace(
            kept,
            body=body,
            html=judged.html,
            verdict=judged.verdict,
            edited_at=now,
            status=Status.SPAM if before.status is Status.SPAM else judged.verdict.outcome.status,
            version=before.version + 1,
        )
        await comments.edit(tx, after, judged.body_hash, judged.hosts)
        entry = HistoryEntry("edit", AUTHOR, now, before.status, after.status)
        await _note(desk, tx, after, entry, body_before=before.body)
        had = (await learned.lessons(tx, site.name, [comment_id])).get(comment_id)
        await learned.teach_anew(tx, site.name, [Retaught(comment_id, had, None)])
        if Status.APPROVED in (before.status, after.status):
            gained = (after.status is Status.APPROVED) - (before.status is Status.APPROVED)
            await threads.changed(tx, site.name, _thread(after), gained, now)
            if gained < 0:
                await threads.name_anew(tx, site.name, after.thread)
    return _receipt(site, after)


async def withdraw(desk: Desk, site: Site, comment_id: str) -> None:
    """Delete a comment for its author: its text and everything personal is gone, its place stays for the replies.

    Raises NotFound and Forbidden (the edit window is over).
    """
    await _own(desk, site, comment_id)
    async with desk.database.transaction(site.name) as tx:
        now = desk.clock()
        before = await comments.get(tx, site.name, comment_id)
        if before.withdrawn:
            raise NotFound("there is no such comment")
        await comments.withdraw(tx, before)
        await history.forget_bodies(tx, site.name, comment_id)
        await reactions.forget(tx, site.name, comment_id)
        after = replace(before, version=before.version + 1)
        await _note(desk, tx, after, HistoryEntry("delete", AUTHOR, now, before.status, Status.DELETED))
        if before.status is Status.APPROVED:
            await threads.changed(tx, site.name, Thread(before.thread), -1, now)
            await threads.name_anew(tx, site.name, before.thread)


async def _note(
    desk: Desk, tx: Transaction, after: Comment, entry: HistoryEntry, body_before: str | None = None
) -> None:
    happening = Happening(desk.new_id(), after.id, desk.new_id(), entry, after.version, body_before=body_before)
    await history.add(tx, after.site, [happening])


async def _earlier(desk: Desk, site: Site, key: str, request_hash: str) -> Receipt | None:
    found = await comments.by_idempotency_key(desk.database.quick, site.name, key)
    if found is None:
        return None
    comment, first_hash = found
    if first_hash != request_hash:
        raise Invalid(FieldError("Idempotency-Key", "this key was used for another comment; make a new one"))
    if comment.withdrawn:
        raise Conflict("this key was used for a comment that its author has deleted; make a new key for a new comment")
    return _receipt(site, await _as_it_was(desk, comment), replayed=True)


async def _as_it_was(desk: Desk, comment: Comment) -> Comment:
    """Return a comment as it was first answered for: a repeated request gets the first answer, whatever came since."""
    began = await history.first(desk.database.quick, comment.site, comment.id) if comment.edited_at else None
    if began is None:
        return comment
    status, body = began
    outcome = Outcome.PUBLISH if status is Status.APPROVED else Outcome.HOLD
    html = comment.html if body is None else await render(body)
    return replace(comment, html=html, verdict=replace(comment.verdict, outcome=outcome))


def _what_was_asked(draft: Draft) -> Draft:
    # A retry may come later, over another network or after a browser's update; it is the same comment all the same.
    return replace(draft, address=None, user_agent=None, form_age=None)


async def _placed(desk: Desk, site: Site, draft: Draft) -> Draft:
    """Return the draft with its thread's key: the one that it names, or that its page has. Raises Invalid."""
    keys = [draft.thread] if draft.thread else keys_of(site, draft.url or "")
    website = None if site.policy.website == "off" else draft.website
    return replace(draft, thread=await threads.key_of(desk.database.quick, site.name, keys), website=website)


def _require(site: Site, draft: Draft) -> None:
    if not site.policy.open:
        raise ThreadClosed("comments are closed here")
    errors = []
    if len(draft.body) > site.policy.body_max:
        errors.append(
            FieldError("body", f"is {len(draft.body):,} characters long; at most {site.policy.body_max:,} fit")
        )
    if site.policy.email == "required" and not draft.email:
        errors.append(FieldError("email", "is needed on this site; it is never shown"))
    if site.policy.consent and not draft.consent:
        errors.append(FieldError("consent", "must be true: the writer agrees to the text that this site shows"))
    if errors:
        raise Invalid(*errors)


def _require_something_to_see(judged: Judged) -> None:
    if not shows_something(judged.html):
        raise Invalid(FieldError("body", "shows nothing once it is drawn; write your comment"))


async def _depth(desk: Desk, site: Site, draft: Draft) -> int:
    if draft.parent_id is None:
        return 0
    parent = (await comments.some(desk.database.quick, site.name, [draft.parent_id])).get(draft.parent_id)
    if parent is None or parent.thread != draft.thread or parent.status is not Status.APPROVED:
        raise Invalid(
            FieldError("parent_id", "the comment you reply to is not in this thread; it may have been removed")
        )
    if parent.depth >= site.policy.depth_max:
        raise Invalid(FieldError("parent_id", f"replies go {site.policy.depth_max} deep; reply to an earlier comment"))
    return parent.depth + 1


def _thread(comment: Comment) -> Thread:
    """Return a comment's thread as the comment knows it."""
    return Thread(comment.thread, comment.title, comment.url)


def _comment(desk: Desk, site: Site, draft: Draft, depth: int, judged: Judged) -> Comment:
    return Comment(
        id=desk.new_id(),
        site=site.name,
        thread=draft.thread,
        title=draft.title,
        # A stranger may claim any address; only the site's own pages are kept.
        url=draft.url if draft.url and site.has_page(draft.url) else None,
        parent_id=draft.parent_id,
        depth=depth,
        status=judged.verdict.outcome.status,
        author=draft.author,
        email=draft.email,
        website=draft.website,
        avatar=desk.keys.avatar(site.name, draft.author, draft.email),
        body=draft.body,
        html=judged.html,
        created_at=desk.clock(),
        verdict=judged.verdict,
    )


def _receipt(site: Site, comment: Comment, replayed: bool = False) -> Receipt:
    # What the checks call spam is answered like any other comment that waits, so that nobody can tune against them.
    status = Status.APPROVED if comment.verdict.outcome is Outcome.PUBLISH else Status.PENDING
    return Receipt(comment, status, _edit_until(site, comment), replayed)


def _edit_until(site: Site, comment: Comment) -> int:
    return comment.created_at + site.policy.edit_minutes * MINUTE


async def _own(desk: Desk, site: Site, comment_id: str) -> Comment:
    comment = await comments.get(desk.database.quick, site.name, comment_id)
    if comment.status is Status.DELETED:
        raise NotFound("there is no such comment")
    if desk.clock() > _edit_until(site, comment):
        raise Forbidden("the time in which a comment can be changed is over")
    return comment
