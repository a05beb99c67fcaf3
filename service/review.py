"""A moderator decides: on a few comments or on all that match, with history, with what it teaches, and with undo."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from service import remote
from service.errors import Conflict, NotFound
from service.lessons import Prepared, Teacher, prepare
from service.metrics import DECISIONS
from service.model import (
    TEACHES,
    Action,
    Clock,
    Comment,
    Draft,
    HistoryEntry,
    IdMaker,
    Site,
    Status,
    Thread,
    Verdict,
)
from service.outbound import Outbound
from service.store import comments, history, learned, queue, threads
from service.store.database import Database, Transaction
from service.store.history import Happening
from service.store.learned import LearnedCache, Retaught
from service.store.queue import Filter

# So many comments are decided in one transaction: readers' posts get their turn in between.
CHUNK = 20

T = TypeVar("T")


class Bench(Struct, frozen=True):
    """What deciding needs: the comments, what was learned from them, the time, fresh ids and the way out."""

    database: Database
    learned: LearnedCache
    clock: Clock
    new_id: IdMaker
    outbound: Outbound


class Decision(Struct, frozen=True):
    """A moderator's word: what, by whom, and why if they said so."""

    action: Action
    by: str
    reason: str | None = None


class Skipped(Struct, frozen=True):
    """One comment that a batch did not change, why, and where it stands; no status for one that does not exist."""

    id: str
    detail: str
    status: Status | None = None


class Decided(Struct, frozen=True):
    """What a batch of decisions did: the ids it changed, and the ones it left alone with the reason why."""

    batch: str
    decided: Sequence[str]
    skipped: Sequence[Skipped]


# Tells, inside the transaction, which of the comments must be left alone, and why.
LeftAlone = Callable[[Transaction, Mapping[str, Comment]], Awaitable[Mapping[str, str]]]


class _Change(Struct, frozen=True):
    """One comment's step from one status to another."""

    comment: Comment
    after: Status
    action: str
    lesson_before: bytes | None
    lesson_after: bytes | None


async def decide(
    bench: Bench, site: Site, ids: Sequence[str], decision: Decision, versions: Mapping[str, int] = {}
) -> Decided:
    """Decide on these comments; those on which the decision says nothing new are skipped, with the reason.

    `versions` says which version of a comment the moderator has seen: one that has changed since is skipped, so that
    no text is published that nobody read, and no decision undone by somebody who did not know of it.
    """

    async def changed_since(tx: Transaction, found: Mapping[str, Comment]) -> Mapping[str, str]:
        changed = [one.id for one in found.values() if versions.get(one.id, one.version) != one.version]
        told = await history.of(tx, site.name, changed) if changed else {}
        return {comment_id: _since(entries) for comment_id, entries in told.items()}

    return await _decide(bench, site, list(dict.fromkeys(ids)), decision, changed_since)


async def decide_matching(bench: Bench, site: Site, wanted: Filter, decision: Decision) -> Decided:
    """Decide on every comment that matches, and that still does when its turn comes."""

    async def no_longer_matching(tx: Transaction, found: Mapping[str, Comment]) -> Mapping[str, str]:
        still = set(await queue.ids(tx, site.name, wanted, among=list(found)))
        return {comment_id: "it no longer matches the filter" for comment_id in found if comment_id not in still}

    return await _decide(bench, site, await queue.ids(bench.database, site.name, wanted), decision, no_longer_matching)


async def undo(bench: Bench, site: Site, batch: str, by: str) -> Decided:
    """Put everything in a batch back to what it was, the learned part too; an undo is a batch and can be undone.

    A comment to which something else happened since is left alone. Raises NotFound for an unknown batch.
    """
    done = await history.batch(bench.database, site.name, batch)
    if not done:
        raise NotFound("there is no such batch of decisions")
    new_batch, decided, skipped = bench.new_id(), list[str](), list[Skipped]()
    for chunk in _chunks([row.comment_id for row in done]):
        async with bench.database.transaction(site.name) as tx:
            found = await comments.some(tx, site.name, chunk)
            taught = await learned.lessons(tx, site.name, chunk)
            changes = []
            for row in await history.batch(tx, site.name, batch, chunk):
                comment = found[row.comment_id]
                if row.overtaken:
                    skipped.append(Skipped(comment.id, "something else happened to it since", comment.status))
                    continue
                changes.append(_Change(comment, row.before, "undo", taught.get(comment.id), row.lesson_before))
            await _keep(bench, tx, site, new_batch, changes, Decision(Action.RESTORE, by))
        decided += [change.comment.id for change in changes]
    return Decided(new_batch, decided, skipped)


async def _decide(bench: Bench, site: Site, ids: Sequence[str], decision: Decision, left_alone: LeftAlone) -> Decided:
    batch, decided, skipped = bench.new_id(), list[str](), list[Skipped]()
    told: list[tuple[Draft, Verdict]] = []
    for chunk in _chunks(ids):
        prepared = await _prepare(bench, site, chunk, decision)
        async with bench.database.transaction(site.name) as tx:
            found = await comments.some(tx, site.name, chunk)
            refused = await left_alone(tx, found)
            taught = await learned.lessons(tx, site.name, chunk)
            changes = []
            for comment_id in chunk:
                change = _change(found.get(comment_id), decision.action, taught.get(comment_id), prepared, refused)
                if isinstance(change, _Change):
                    changes.append(change)
                else:
                    status = found[comment_id].status if comment_id in found else None
                    skipped.append(Skipped(comment_id, change, status))
            await _keep(bench, tx, site, batch, changes, decision)
        decided += [change.comment.id for change in changes]
        told += [(_draft(change.comment), change.comment.verdict) for change in changes]
    if label := TEACHES.get(decision.action):
        remote.report(bench.outbound, site, label, told)
    DECISIONS.labels(action=decision.action.value).inc(len(decided))
    return Decided(batch, decided, skipped)


def _change(
    comment: Comment | None,
    action: Action,
    had: bytes | None,
    prepared: Mapping[str, Prepared],
    refused: Mapping[str, str],
) -> _Change | str:
    """Return what a decision changes, or why it changes nothing."""
    if comment is None:
        return "there is no such comment"
    if comment.id in refused:
        return refused[comment.id]
    try:
        after = comment.decided(action)
    except Conflict as conflict:
        return conflict.detail
    if action not in TEACHES:
        # Deleting says nothing about what a comment was; rejecting and restoring take the earlier word back.
        return _Change(comment, after.status, action.value, had, had if action is Action.DELETE else None)
    lesson = prepared.get(comment.id)
    if lesson is None or lesson.version != comment.version:
        return "it was changed just now; look again before you decide"
    return _Change(comment, after.status, action.value, had, lesson.content)


async def _prepare(bench: Bench, site: Site, ids: Sequence[str], decision: Decision) -> Mapping[str, Prepared]:
    """Return what these comments would teach, worked out before the transaction: it takes milliseconds a comment."""
    label = TEACHES.get(decision.action)
    if label is None:
        return {}
    found = await comments.some(bench.database, site.name, ids)
    those = [found[one] for one in ids if one in found and found[one].status is not decision.action.status]
    drafts = [(one.id, one.version, _draft(one)) for one in those]
    teacher = Teacher(decision.by, bench.clock())
    return await prepare(bench.database, bench.learned, site, drafts, label, teacher)


def _draft(comment: Comment) -> Draft:
    return Draft(
        comment.thread,
        comment.author,
        comment.body,
        comment.email,
        comment.website,
        comment.parent_id,
        comment.title,
        comment.url,
    )


def _since(entries: Sequence[HistoryEntry]) -> str:
    """Say what happened last to a comment that has changed since somebody looked at it."""
    last = entries[-1]
    if last.action == "edit":
        return "its author changed it since you looked; look again before you decide"
    return f"{last.by} decided since you looked: it is {last.after} now"


async def _keep(
    bench: Bench, tx: Transaction, site: Site, batch: str, changes: Sequence[_Change], decision: Decision
) -> None:
    now = bench.clock()
    await learned.teach_anew(
        tx, site.name, [Retaught(one.comment.id, one.lesson_before, one.lesson_after) for one in changes]
    )
    await comments.set_status(tx, site.name, [(change.comment.id, change.after) for change in changes])
    await history.add(tx, site.name, [_happening(bench, batch, change, decision, now) for change in changes])
    shown = [change for change in changes if Status.APPROVED in (change.comment.status, change.after)]
    for key in dict.fromkeys(change.comment.thread for change in shown):
        here = [change for change in shown if change.comment.thread == key]
        gained = [change.comment for change in here if change.after is Status.APPROVED]
        lost = len(here) - len(gained)
        thread = Thread(key, _first(one.title for one in gained), _first(one.url for one in gained))
        await threads.changed(tx, site.name, thread, len(gained) - lost, now)
        if lost:
            await threads.name_anew(tx, site.name, key)


def _happening(bench: Bench, batch: str, change: _Change, decision: Decision, now: int) -> Happening:
    entry = HistoryEntry(change.action, decision.by, now, change.comment.status, change.after, decision.reason)
    version = change.comment.version + 1
    return Happening(bench.new_id(), change.comment.id, batch, entry, version, lesson_before=change.lesson_before)


def _first(given: Iterable[T | None]) -> T | None:
    return next((one for one in given if one is not None), None)


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
