"""Readers read: a page of a thread, and nothing that is not approved."""

import base64
import binascii

import msgspec
from msgspec import Struct

from service.clock import rfc3339
from service.errors import FieldError, Invalid
from service.model import Site, Sort, Thread
from service.store import comments, threads
from service.store.comments import Cursor
from service.store.database import Reader

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


async def read(reader: Reader, site: Site, thread: Thread, sort: Sort, limit: int, after: Cursor | None) -> Page:
    """Return a page of a thread: the comments after a place in it, or the first ones."""
    rows = await comments.approved(reader, site.name, thread.key, sort, limit + 1, after)
    more, rows = len(rows) > limit, rows[:limit]
    last = rows[-1] if rows else None
    return Page(
        ThreadView(thread.key, thread.title, thread.url, site.policy.open, thread.count),
        [
            CommentView(
                row["id"],
                row["parent_id"],
                row["author"],
                row["website"],
                row["avatar"],
                row["html"],
                rfc3339(row["created_at"]),
                rfc3339(row["edited_at"]) if row["edited_at"] else None,
                row["votes"],
                bool(row["pinned"]),
                row["badge"],
            )
            for row in rows
        ],
        encode_cursor(Cursor(last["created_at"], last["id"], last["votes"])) if more and last else None,
    )


async def find(reader: Reader, site: Site, key: str) -> Thread:
    """Return a thread of a site; one that nobody has written in is empty."""
    return await threads.get(reader, site.name, key)


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
