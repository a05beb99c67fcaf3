"""Draws a thread as HTML: the comments as nested lists, marked up for search engines and microformats."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from jinja2 import Environment

from service.clock import parse_rfc3339
from service.model import Sort
from service.threads import CommentView, Page
from service.web.language import Words

# As in the widget: a reply further down stands under its comment without moving in.
DEEPEST_INDENT = 4
HUES = 12
# What lies beyond the end of a page, by its order.
BEYOND = {Sort.OLDEST: "page-newer", Sort.NEWEST: "page-older", Sort.TOP: "page-more"}


class Entry(NamedTuple):
    """A comment in its place: whether a list of replies opens below it, or how many lists end with it."""

    comment: CommentView
    depth: int
    opens: bool
    closes: int
    absent_parent: bool

    @property
    def flat(self) -> bool:
        """Whether the list below it moves in no further."""
        return self.depth >= DEEPEST_INDENT

    @property
    def letter(self) -> str:
        """What stands in the author's circle."""
        return self.comment.author[:1].upper()

    @property
    def hue(self) -> int:
        """The circle's colour: a class, since the page's policy allows no style attribute."""
        return int(self.comment.avatar[:6] or "0", 16) % HUES

    @property
    def website(self) -> str | None:
        """The author's website, if a link may lead there."""
        url = self.comment.website
        return url if url and url.lower().startswith(("http://", "https://")) else None

    @property
    def created_at(self) -> int:
        """When it was written."""
        return parse_rfc3339(self.comment.created_at)

    @property
    def edited_at(self) -> int | None:
        """When its author changed it, if ever."""
        return parse_rfc3339(self.comment.edited_at) if self.comment.edited_at else None


class Addresses(NamedTuple):
    """Where the links of a thread's page lead: a reply's form (its id is added), other orders, the pages around."""

    reply: str
    sorts: Sequence[tuple[Sort, str]]
    first: str | None
    next: str | None


def entries(comments: Sequence[CommentView]) -> list[Entry]:
    """Return the comments in reading order; a reply whose comment is not among them stands at the top.

    With a list of what is still to be drawn in place of recursion, so that a deep thread needs no deep stack.
    """
    here = {comment.id for comment in comments}
    replies: dict[str | None, list[CommentView]] = {}
    for comment in comments:
        replies.setdefault(comment.parent_id if comment.parent_id in here else None, []).append(comment)
    order: list[tuple[CommentView, int]] = []
    waiting = [(comment, 0) for comment in reversed(replies.get(None, []))]
    while waiting:
        comment, depth = waiting.pop()
        order.append((comment, depth))
        waiting += [(reply, depth + 1) for reply in reversed(replies.get(comment.id, []))]
    depths = [*(depth for _, depth in order), 0]
    return [
        Entry(comment, depth, then > depth, max(0, depth - then), depth == 0 and comment.parent_id is not None)
        for (comment, _), (depth, then) in zip(order, pairwise(depths), strict=True)
    ]


def draw(
    templates: Environment, words: Words, page: Page, sort: Sort, addresses: Addresses, heading_level: int
) -> bytes:
    """Return a page of a thread as a section of HTML."""
    drawn = templates.get_template("thread.html").render(
        words=words,
        say=words.say,
        thread=page.thread,
        entries=entries(page.comments),
        sort=sort,
        addresses=addresses,
        beyond=BEYOND[sort],
        level=heading_level,
    )
    return drawn.encode()
