"""Readers read: a page of a thread, and nothing that is not approved."""

import base64
import binascii

import msgspec
from msgspec import Struct

from service.clock import rfc3339
from service.errors import FieldError, Invalid
from service.model import Site, Sort
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
