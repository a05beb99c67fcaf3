"""Readers read: a page of a thread, and nothing that is not approved. Moderators may merge two threads."""

import base64
import binascii

import msgspec
from msgspec import Struct

from service.clock import rfc3339
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.model import Site, Sort, Thread
from service.store import comments, threads
from service.store.comments import Cursor
from service.store.database import Database, Reader

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
# An id of 64 characters and two numbers, in base64.
_CURSOR_MAX = 128


class ThreadView(Struct, frozen=True):
    """What readers see of a thread."""

    key: str
    title: str | None
    url: str | None
    open: bool
    count: int


class CommentView(Struct, frozen=True):
    """What readers see of a comment: never an e-mail address, and nothing that waits."""

    id: str
    parent_id: str | None
    author: str
    website: str | None
    avatar: str
    html: str
    created_at: str
    edited_at: str | None
    votes: int
    pinned: bool
    badge: str | None


class Merged(Struct, frozen=True):
    """What a merging did: the key of the thread that has the comments now, and how many were moved to it."""

    into: str
    moved: int


class Page(Struct, frozen=True):
    """One page of a thread; `next` is the cursor of the page after it, None at the end."""

    thread: ThreadView
    comments: list[CommentView]
    next: str | None


async def read(
    database: Database, site: Site, key: str, sort: Sort, limit: int, after: Cursor | None
) -> tuple[int, Page]:
    """Return a thread's version, and a page of it: the comments after a place in it, or the first ones.

    A thread that nobody has written in is empty, and has the version 0.
    """
    thread, shown = await comments.page(database, site.name, key, sort, limit + 1, after)
    more, shown = len(shown) > limit, shown[:limit]
    last = shown[-1] if shown else None
    page = Page(
        ThreadView(thread.key, thread.title, thread.url, site.policy.open, thread.count),
        [
            CommentView(
                one.id,
                one.parent_id,
                one.author,
                one.website,
                one.avatar,
                one.html,
                rfc3339(one.created_at),
                rfc3339(one.edited_at) if one.edited_at else None,
                one.votes,
                bool(one.pinned),
                one.badge,
            )
            for one in shown
        ],
        encode_cursor(Cursor(last.created_at, last.id, last.votes)) if more and last else None,
    )
    return thread.version, page


async def version(reader: Reader, site: Site, key: str) -> int:
    """Return a thread's version, which grows when readers would see a change; 0 before the first comment."""
    return (await threads.get(reader, site.name, key)).version


async def merge(database: Database, site: Site, key: str, into: str, now: int) -> Merged:
    """Let every comment of one thread be another's; whoever asks for the first from then on gets the other.

    It can be turned round. Raises Conflict for a thread and itself, and NotFound where there is nothing to move.
    """
    if key == into:
        raise Conflict("a thread cannot be merged into itself; name two")
    async with database.transaction(site.name) as tx:
        await threads.be_alone(tx, database.engine)
        meant = await threads.key_of(tx, site.name, [into])
        target = into if meant == key else meant
        before = await threads.own(tx, site.name, key)
        moved = await comments.move(tx, site.name, key, target)
        if before is None and not moved:
            raise NotFound(f"there is no thread {key!r}; it may have been merged already")
        await threads.merge(tx, site.name, before or Thread(key), target, now)
    return Merged(target, moved)


def encode_cursor(cursor: Cursor) -> str:
    """Return a place in a list as opaque text."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """Return the place that the text stands for. Raises Invalid."""
    try:
        if len(text) > _CURSOR_MAX:
            raise ValueError("too long")
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise Invalid(FieldError("cursor", "is not one that was given out; start again without it")) from error
