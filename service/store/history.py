"""What happened to each comment, as kept: rows are added and never changed."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from service.model import Action, HistoryEntry, Status
from service.store.comments import read_verdict
from service.store.database import Reader, Transaction, listed


class Happening(Struct, frozen=True):
    """One row: an entry of the history, the comment it is about and the batch it belongs to.

    `version` is the comment's once this had happened.
    """

    id: str
    comment_id: str
    batch: str
    entry: HistoryEntry
    version: int
    body_before: str | None = None
    lesson_before: bytes | None = None


async def add(tx: Transaction, site: str, happenings: Sequence[Happening]) -> None:
    """Keep these rows."""
    await tx.many(
        """insert into history (site, id, comment_id, batch, action, decided_by, decided_at, status_before,
               status_after, version, reason, body_before, lesson_before)
           values (:site, :id, :comment_id, :batch, :action, :decided_by, :decided_at, :status_before, :status_after,
               :version, :reason, :body_before, :lesson_before)""",
        [
            {
                "site": site,
                "id": row.id,
                "comment_id": row.comment_id,
                "batch": row.batch,
                "action": row.entry.action,
                "decided_by": row.entry.by,
                "decided_at": row.entry.at,
                "status_before": row.entry.before.value,
                "status_after": row.entry.after.value,
                "version": row.version,
                "reason": row.entry.reason,
                "body_before": row.body_before,
                "lesson_before": row.lesson_before,
            }
            for row in happenings
        ],
    )


async def opinions(reader: Reader, site: str, most: int) -> Sequence[tuple[Action, bool]]:
    """Return the latest decisions to approve or to call spam, and whether the filter had said spam by itself.

    It said so of the comment as it was judged when it came, or was edited; not of what it has learned since.
    """
    rows = await reader.all(
        """select history.action, comment.verdict from history
           join comment on comment.site = history.site and comment.id = history.comment_id
           where history.site = :site and history.action in ('approve', 'spam')
           order by history.decided_at desc, history.id desc limit :most""",
        site=site,
        most=most,
    )
    found = []
    for row in rows:
        signals = read_verdict(row["verdict"]).signals
        weight = next((signal.weight for signal in signals if signal.check == "learned"), None)
        if weight is not None:
            found.append((Action(row["action"]), weight > 0))
    return found


async def of(reader: Reader, site: str, comment_ids: Sequence[str]) -> Mapping[str, list[HistoryEntry]]:
    """Return the history of each of these comments, oldest first."""
    found: dict[str, list[HistoryEntry]] = {comment_id: [] for comment_id in comment_ids}
    those, named = listed(comment_ids)
    rows = await reader.all(
        f"""select comment_id, action, decided_by, decided_at, status_before, status_after, reason from history
            where site = :site and comment_id in {those} order by decided_at, id""",
        site=site,
        **named,
    )
    for row in rows:
        found[row["comment_id"]].append(
            HistoryEntry(
                row["action"],
                row["decided_by"],
                row["decided_at"],
                Status(row["status_before"]),
                Status(row["status_after"]),
                row["reason"],
            )
        )
    return found


class Undoable(Struct, frozen=True):
    """One decision of a batch: what it changed, and whether something happened to the comment after it."""

    comment_id: str
    action: str
    before: Status
    after: Status
    lesson_before: bytes | None
    overtaken: bool


async def batch(
    reader: Reader, site: str, batch_id: str, comment_ids: Sequence[str] | None = None
) -> Sequence[Undoable]:
    """Return what a batch did, in order of the comments' ids; with `comment_ids`, to these comments alone."""
    those, named = listed(comment_ids or [])
    rows = await reader.all(
        f"""select h.comment_id, h.action, h.status_before, h.status_after, h.lesson_before,
                h.version <> c.version as overtaken
            from history as h join comment as c on c.site = h.site and c.id = h.comment_id
            where h.site = :site and h.batch = :batch and h.action <> 'edit'
                {f"and h.comment_id in {those}" if comment_ids is not None else ""}
            order by h.comment_id""",
        site=site,
        batch=batch_id,
        **named,
    )
    return [
        Undoable(
            row["comment_id"],
            row["action"],
            Status(row["status_before"]),
            Status(row["status_after"]),
            row["lesson_before"],
            bool(row["overtaken"]),
        )
        for row in rows
    ]


async def first(reader: Reader, site: str, comment_id: str) -> tuple[Status, str | None] | None:
    """Return the status that a comment began with and, if it was edited, its first text; None if nothing happened."""
    row = await reader.one(
        """select status_before, (
               select edit.body_before from history as edit where edit.site = h.site and edit.comment_id = h.comment_id
               and edit.action = 'edit' order by edit.version limit 1
           ) as body
           from history as h where h.site = :site and h.comment_id = :comment_id order by h.version limit 1""",
        site=site,
        comment_id=comment_id,
    )
    return (Status(row["status_before"]), row["body"]) if row else None


async def forget_bodies(tx: Transaction, site: str, comment_id: str) -> None:
    """Drop the earlier texts of a comment that its author has deleted."""
    await tx.run(
        "update history set body_before = null where site = :site and comment_id = :comment_id",
        site=site,
        comment_id=comment_id,
    )
