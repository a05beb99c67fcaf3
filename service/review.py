"""A moderator decides: on a few comments or on all that match, with history, with what it teaches, and with undo."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from service.errors import Conflict, NotFound
from service.metrics import DECISIONS
from service.model import (
    TEACHES,
    Action,
    Clock,
    Comment,
    Draft,
    HistoryEntry,
    IdMaker,
    Learned,
    Site,
    Status,
    thread_of,
)
from service.spam.learn import teach
from service.store import comments, history, learned, queue, threads
from service.store.database import Database, Transaction
from service.store.history import Happening
from service.store.learned import LearnedCache, Lesson
from service.store.queue import Filter

# So many comments are decided in one transaction: readers' posts get their turn in between.
CHUNK = 200


class Bench(Struct, frozen=True):
    """What deciding needs: the comments, what was learned from them, the time and fresh ids."""

    database: Database
    learned: LearnedCache
    clock: Clock
    new_id: IdMaker


class Decision(Struct, frozen=True):
    """A moderator's word: what, by whom, and why if they said so."""

    action: Action
    by: str
    reason: str | None = None


class Skipped(Struct, frozen=True):
    """One comment that a batch did not change, and why."""

    id: str
    detail: str


class Decided(Struct, frozen=True):
    """What a batch of decisions did: the ids it changed, and the ones it left alone with the reason why."""

    batch: str
    decided: Sequence[str]
    skipped: Sequence[Skipped]


class _Change(Struct, frozen=True):
    """One comment's step from one status to another."""

    comment: Comment
    after: Status
    action: str
    lesson_before: bytes | None
    lesson_after: bytes | None


async def decide(bench: Bench, site: Site, ids: Sequence[str], decision: Decision) -> Decided:
    """Decide on these comments; those on which the decision says nothing new are skipped, with the reason."""
    batch, decided, skipped = bench.new_id(), list[str](), list[Skipped]()
    ids = list(dict.fromkeys(ids))
    for start in range(0, len(ids), CHUNK):
        async with bench.database.transaction() as tx:
            changes = await _changes(bench, tx, site, ids[start : start + CHUNK], decision, skipped)
            await _keep(bench, tx, site, batch, changes, decision)
        decided += [change.comment.id for change in changes]
    DECISIONS.labels(action=decision.action.value).inc(len(decided))
    return Decided(batch, decided, skipped)


async def decide_matching(bench: Bench, site: Site, wanted: Filter, decision: Decision) -> Decided:
    """Decide on every comment that matches now."""
    return await decide(bench, site, await queue.ids(bench.database, site.name, wanted), decision)


async def undo(bench: Bench, site: Site, batch: str, by: str) -> Decided:
    """Put everything in a batch back to what it was, the learned part too; an undo is a batch and can be undone.

    A comment to which something else happened since is left alone. Raises NotFound for an unknown batch.
    """
    done = await history.batch(bench.database, site.name, batch)
    if not done:
        raise NotFound("there is no such batch of decisions")
    new_batch, decided, skipped = bench.new_id(), list[str](), list[Skipped]()
    for start in range(0, len(done), CHUNK):
        wanted = {row.comment_id for row in done[start : start + CHUNK]}
        async with bench.database.transaction() as tx:
            rows = [row for row in await history.batch(tx, site.name, batch) if row.comment_id in wanted]
            found = await comments.some(tx, site.name, list(wanted))
            changes = []
            for row in rows:
                comment = found[row.comment_id]
                # The status too, and not the history alone: clocks step back, and an author's deletion is for good.
                if row.overtaken or comment.withdrawn or comment.status is not row.after:
                    skipped.append(Skipped(row.comment_id, "something else happened to it since"))
                    continue
                now_taught = await learned.lesson(tx, site.name, row.comment_id)
                changes.append(_Change(comment, row.before, "undo", now_taught, row.lesson_before))
            await _keep(bench, tx, site, new_batch, changes, Decision(Action.RESTORE, by))
        decided += [change.comment.id for change in changes]
    return Decided(new_batch, decided, skipped)


async def _changes(
    bench: Bench, tx: Transaction, site: Site, ids: Sequence[str], decision: Decision, skipped: list[Skipped]
) -> list[_Change]:
    found = await comments.some(tx, site.name, ids)
    known = dict(await bench.learned.of(tx, site.name)) if decision.action in TEACHES else {}
    changes = []
    for comment_id in ids:
        comment = found.get(comment_id)
        if comment is None:
            skipped.append(Skipped(comment_id, "there is no such comment"))
            continue
        try:
            after = comment.decided(decision.action)
        except Conflict as conflict:
            skipped.append(Skipped(comment_id, conflict.detail))
            continue
        had = await learned.lesson(tx, site.name, comment_id)
        wanted = _lesson(site, known, comment, decision.action, had)
        changes.append(_Change(comment, after.status, decision.action.value, had, wanted))
    return changes


def _lesson(site: Site, known: dict[int, Learned], comment: Comment, action: Action, had: bytes | None) -> bytes | None:
    """Return what the comment shall have taught after this decision, and let `known` have learned it.

    Deleting says nothing about what a comment was; rejecting and restoring take the earlier word back.
    """
    if action is Action.DELETE:
        return had
    if had is not None:
        _move(known, learned.lesson_of(had), -1)
    label = TEACHES.get(action)
    if label is None:
        return None
    draft = Draft(comment.thread, comment.author, comment.body, comment.email, comment.website)
    lesson = Lesson(label, teach(known, draft, label, site.hosts))
    _move(known, lesson, +1)
    return lesson.encoded()


def _move(known: dict[int, Learned], lesson: Lesson, sign: int) -> None:
    for feature, (weight, gradient) in lesson.delta.items():
        had = known.get(feature, Learned(0, 0))
        known[feature] = Learned(had.weight + sign * weight, had.gradient + sign * gradient)


async def _keep(
    bench: Bench, tx: Transaction, site: Site, batch: str, changes: Sequence[_Change], decision: Decision
) -> None:
    now = bench.clock()
    gained = Counter[str]()
    seen_by_readers: dict[str, Comment] = {}
    for change in changes:
        was, is_now = change.comment.status is Status.APPROVED, change.after is Status.APPROVED
        if was or is_now:
            gained[change.comment.thread] += is_now - was
            seen_by_readers.setdefault(change.comment.thread, change.comment)
        await learned.set_lesson(tx, site.name, change.comment.id, change.lesson_after)
    await comments.set_status(tx, site.name, [(change.comment.id, change.after) for change in changes])
    for key, comment in seen_by_readers.items():
        await threads.changed(tx, site.name, thread_of(comment, site), gained[key], now)
    await history.add(tx, site.name, [_happening(bench, batch, change, decision, now) for change in changes])


def _happening(bench: Bench, batch: str, change: _Change, decision: Decision, now: int) -> Happening:
    entry = HistoryEntry(change.action, decision.by, now, change.comment.status, change.after, decision.reason)
    return Happening(bench.new_id(), change.comment.id, batch, entry, lesson_before=change.lesson_before)
