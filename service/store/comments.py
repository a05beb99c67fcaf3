"""Comments, as kept: one table, one row each, always asked for by site."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from service.errors import NotFound
from service.model import Comment, Outcome, Signal, Sort, Status, Thread, Verdict
from service.store.database import Database, Insertion, Reader, Row, Transaction, listed
from service.store.threads import MEANT

COLUMNS = """id, site, thread, title, url, parent_id, depth, status, author, email, website, avatar, body, html,
    verdict, created_at, edited_at, votes, reports, pinned, badge, withdrawn, version"""

DAMAGED = Verdict(
    Outcome.HOLD,
    0.5,
    0,
    ("the stored verdict of this comment cannot be read",),
    (Signal("damaged", 0, "the stored verdict cannot be read"),),
)


class Arrival(Struct, frozen=True):
    """What is kept with a new comment beside the comment itself."""

    body_hash: str
    hosts: str
    notify: bool
    user_agent: str | None
    idempotency_key: str | None
    request_hash: str | None


class Cursor(Struct, frozen=True, array_like=True):
    """Where a page ended: the last comment's place in the order that was asked for.

    It comes back from outside, so it is held to what a database can compare.
    """

    created_at: Annotated[int, Meta(ge=0, lt=2**62)]
    id: Annotated[str, Meta(pattern="^[0-9a-z]{1,64}$")]
    votes: Annotated[int, Meta(gt=-(2**31), lt=2**31)] = 0


_HEAD = """
    insert into comment (site, id, thread, title, url, parent_id, depth, status, author, email, website, avatar,
        body, html, body_hash, hosts, verdict, notify, user_agent, idempotency_key, request_hash, created_at)"""
# What the thread's key means is looked up as the row is kept: a moderator may have merged it since the draft came.
_ROW = """(:site, :id,
        coalesce((select into_key from thread_alias where site = :site and key = :thread), :thread),
        :title, :url, :parent_id, :depth, :status, :author, :email, :website, :avatar,
        :body, :html, :body_hash, :hosts, :verdict, :notify, :user_agent, :idempotency_key, :request_hash,
        :created_at)"""
_TAIL = "on conflict (site, idempotency_key) where idempotency_key is not null do nothing"
_PROOF = "select 1 from comment where site = :site and id = :id"


def insertion(comment: Comment, arrival: Arrival) -> Insertion:
    """Return what keeps a new comment; it keeps nothing if its idempotency key has been used here."""
    return Insertion(
        _HEAD,
        _ROW,
        _TAIL,
        _PROOF,
        {
            "site": comment.site,
            "id": comment.id,
            "thread": comment.thread,
            "title": comment.title,
            "url": comment.url,
            "parent_id": comment.parent_id,
            "depth": comment.depth,
            "status": comment.status.value,
            "author": comment.author,
            "email": comment.email,
            "website": comment.website,
            "avatar": comment.avatar,
            "body": comment.body,
            "html": comment.html,
            "body_hash": arrival.body_hash,
            "hosts": arrival.hosts,
            "verdict": _verdict_json(comment.verdict),
            "notify": int(arrival.notify),
            "user_agent": arrival.user_agent,
            "idempotency_key": arrival.idempotency_key,
            "request_hash": arrival.request_hash,
            "created_at": comment.created_at,
        },
    )


async def get(reader: Reader, site: str, comment_id: str) -> Comment:
    """Return one comment of a site. Raises NotFound."""
    row = await reader.one(f"select {COLUMNS} from comment where site = :site and id = :id", site=site, id=comment_id)
    if row is None:
        raise NotFound("there is no such comment")
    return comment_of(row)


async def some(reader: Reader, site: str, ids: Sequence[str]) -> dict[str, Comment]:
    """Return those of the ids that are comments of the site."""
    those, named = listed(ids)
    rows = await reader.all(
        f"select {COLUMNS} from comment where site = :site and id in {those}",
        site=site,
        **named,
    )
    return {row["id"]: comment_of(row) for row in rows}


async def by_idempotency_key(reader: Reader, site: str, key: str) -> tuple[Comment, str] | None:
    """Return the comment that a key made, and the hash of the request that made it."""
    row = await reader.one(
        f"select {COLUMNS}, request_hash from comment where site = :site and idempotency_key = :key", site=site, key=key
    )
    return (comment_of(row), row["request_hash"]) if row else None


async def count_same_text(reader: Reader, site: str, body_hash: str, but: str | None = None) -> int:
    """Count the site's comments with the same folded text, leaving one out."""
    row = await reader.one(
        """select count(*) as n from (
               select id from comment where site = :site and body_hash = :body_hash and id <> :but limit 100
           ) as found""",
        site=site,
        body_hash=body_hash,
        but=but or "",
    )
    return int(row["n"]) if row else 0


async def count_by_email(reader: Reader, site: str, email: str) -> tuple[int, int]:
    """Count an e-mail address's comments on a site that are approved, and that are spam."""
    row = await reader.one(
        """select count(case when status = 'approved' then 1 end) as approved,
               count(case when status = 'spam' then 1 end) as spam
           from comment where site = :site and email = :email""",
        site=site,
        email=email,
    )
    return (int(row["approved"]), int(row["spam"])) if row else (0, 0)


# The order of a thread, and what comes after a cursor in it.
_ORDERS = {
    Sort.OLDEST: ("created_at, id", "(created_at, id) > (:created_at, :id)"),
    Sort.NEWEST: ("created_at desc, id desc", "(created_at, id) < (:created_at, :id)"),
    Sort.TOP: ("votes desc, created_at desc, id desc", "(votes, created_at, id) < (:votes, :created_at, :id)"),
}


class Shown(NamedTuple):
    """What readers may see of a comment, and nothing else: no e-mail, no address, no verdict."""

    id: str
    parent_id: str | None
    author: str
    website: str | None
    avatar: str
    html: str
    created_at: int
    edited_at: int | None
    votes: int
    pinned: int
    badge: str | None


async def page(
    database: Database, site: str, key: str, sort: Sort, limit: int, after: Cursor | None
) -> tuple[Thread, Sequence[Shown]]:
    """Return a thread and a page of it: one moment's state, in one query with one row."""
    order, beyond = _ORDERS[sort]
    where = f"and {beyond}" if after else ""
    place = {} if after is None else {"created_at": after.created_at, "id": after.id}
    if after and sort is Sort.TOP:
        place["votes"] = after.votes
    shown = f"""select {", ".join(Shown._fields)} from comment
        where site = :site and thread = asked.key and status = 'approved' {where} order by {order} limit :limit"""
    row = await database.quick.one(
        f"""select asked.key, thread.title, thread.url, thread.count, thread.version,
                {database.json_rows(Shown._fields, shown)} as comments
            from (select {MEANT} as key) as asked
            left join thread on thread.site = :site and thread.key = asked.key""",
        site=site,
        key=key,
        limit=limit,
        **place,
    )
    if row is None:
        return Thread(key), []
    comments = msgspec.json.decode(row["comments"], type=list[Shown])
    return Thread(row["key"], row["title"], row["url"], row["count"] or 0, row["version"] or 0), comments


async def edit(tx: Transaction, comment: Comment, body_hash: str, hosts: str) -> None:
    """Keep a comment's new text, verdict, status and version."""
    await tx.run(
        """update comment set body = :body, html = :html, body_hash = :body_hash, hosts = :hosts, verdict = :verdict,
               status = :status, edited_at = :edited_at, version = :version
           where site = :site and id = :id""",
        site=comment.site,
        id=comment.id,
        body=comment.body,
        html=comment.html,
        body_hash=body_hash,
        hosts=hosts,
        verdict=_verdict_json(comment.verdict),
        status=comment.status.value,
        edited_at=comment.edited_at,
        version=comment.version,
    )


async def set_status(tx: Transaction, site: str, statuses: Sequence[tuple[str, Status]]) -> None:
    """Keep the new status of each of these comments."""
    await tx.many(
        "update comment set status = :status, version = version + 1 where site = :site and id = :id",
        [{"site": site, "id": comment_id, "status": status.value} for comment_id, status in statuses],
    )


async def move(tx: Transaction, site: str, thread: str, into: str) -> int:
    """Let every comment of a thread be another's; return how many there were."""
    return await tx.run(
        "update comment set thread = :into where site = :site and thread = :thread", site=site, thread=thread, into=into
    )


async def withdraw(tx: Transaction, comment: Comment) -> None:
    """Delete a comment for its author: the row stays for the replies below it, all that was personal goes.

    The verdict's outcome stays, since a repeated request is answered by it; its words quote the text, so they go.
    """
    await tx.run(
        """update comment set status = 'deleted', withdrawn = 1, author = '', email = null, website = null,
               title = null, url = null, body = '', html = '', body_hash = '', hosts = '', user_agent = null,
               notify = 0, verdict = :verdict, version = version + 1
           where site = :site and id = :id""",
        site=comment.site,
        id=comment.id,
        verdict=_verdict_json(replace(comment.verdict, reasons=(), signals=())),
    )


def comment_of(row: Row) -> Comment:
    """Make the comment of a row; a verdict that cannot be read is replaced by one that says so."""
    values: dict[str, Any] = {key: row[key] for key in row.keys() if key in Comment.__struct_fields__}  # noqa: SIM118
    return Comment(
        **values
        | {
            "status": Status(values["status"]),
            "verdict": read_verdict(values["verdict"]),
            "pinned": bool(values["pinned"]),
            "withdrawn": bool(values["withdrawn"]),
        }
    )


def read_verdict(text: str) -> Verdict:
    """Return a kept verdict; one that cannot be read is replaced by one that says so."""
    try:
        return msgspec.json.decode(text, type=Verdict)
    except msgspec.DecodeError:
        return DAMAGED


def _verdict_json(verdict: Verdict) -> str:
    return msgspec.json.encode(verdict).decode()
