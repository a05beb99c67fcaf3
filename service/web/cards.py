"""How a comment looks on a moderator's desk: its age, its odds and the reasons why it waits, in plain words."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from msgspec import Struct

from service.checks import KINDS, Kind
from service.clock import DAY, MINUTE, parse_rfc3339
from service.model import Signal, Site, Status
from service.policy import Policy
from service.web.moderation import HistoryView, QueueItem

WORDS_SHOWN = 6
WORD_SHOWN_MAX = 40

STATUS_WORDS = {
    Status.PENDING: "Waiting",
    Status.SPAM: "Spam",
    Status.APPROVED: "Approved",
    Status.REJECTED: "Rejected",
    Status.DELETED: "Deleted",
}
DONE_WORDS = {
    "approve": "approved",
    "reject": "rejected",
    "spam": "marked as spam",
    "delete": "deleted",
    "restore": "put back to wait",
    "undo": "brought back",
    "edit": "changed",
}
_PROFANITY_WORDS = {1: "mild language", 2: "strong language", 3: "slurs"}


class Button(Struct, frozen=True):
    """One decision that can be made on a comment, with the key that makes it."""

    action: str
    label: str
    key: str | None = None


_APPROVE = Button("approve", "Approve", "a")
_REJECT = Button("reject", "Reject", "r")
_SPAM = Button("spam", "Spam", "s")
_DELETE = Button("delete", "Delete")
_RESTORE = Button("restore", "Restore")

# What `Comment.decided` allows, in the order in which a moderator wants it.
_BUTTONS = {
    Status.PENDING: (_APPROVE, _REJECT, _SPAM),
    Status.APPROVED: (_REJECT, _SPAM, _DELETE),
    Status.REJECTED: (_APPROVE, _SPAM, _RESTORE, _DELETE),
    Status.SPAM: (Button("approve", "Not spam", "a"), _REJECT, _RESTORE, _DELETE),
    Status.DELETED: (_RESTORE,),
}


class Band(Struct, frozen=True):
    """How likely a comment is spam, in words and in a class of the style sheet."""

    words: str
    style: str
    percent: str


class Chip(Struct, frozen=True):
    """One signal: which check, how heavy, why, and the words of the comment that it is about."""

    check: str
    weight: str
    detail: str
    words: Sequence[str]
    style: str


class Line(Struct, frozen=True):
    """One line of a comment's history."""

    words: str
    by: str
    at: str
    ago: str
    reason: str | None


class Card(Struct, frozen=True):
    """A comment, ready to be drawn."""

    item: QueueItem
    ago: str
    moment: str
    withdrawn: bool
    thread: str
    thread_url: str | None
    website_host: str | None
    band: Band
    profanity: str | None
    chips: Sequence[Chip]
    lines: Sequence[Line]
    buttons: Sequence[Button]


def card(item: QueueItem, site: Site, now: int) -> Card:
    """Return how a comment is drawn for this site's moderators."""
    # A comment always has an author until that author deletes it.
    withdrawn = not item.author
    return Card(
        item=item,
        ago=ago(parse_rfc3339(item.created_at), now),
        moment=moment(item.created_at),
        withdrawn=withdrawn,
        thread=item.title or item.thread,
        thread_url=item.url,
        website_host=urlsplit(item.website).hostname if item.website else None,
        band=band(item.verdict.spam_probability, site.policy),
        profanity=_PROFANITY_WORDS.get(item.verdict.profanity),
        chips=[chip(signal, item.body) for signal in sorted(item.verdict.signals, key=lambda s: -s.weight)],
        lines=[_line(entry, now) for entry in item.history],
        buttons=() if withdrawn else _BUTTONS[Status(item.status)],
    )


def band(probability: float, policy: Policy) -> Band:
    """Return the odds in words; the bounds are those by which the site's policy holds and puts aside."""
    percent = "under 1%" if probability < 0.01 else "over 99%" if probability > 0.99 else f"{probability:.0%}"
    if probability >= policy.spam_at:
        return Band("likely spam", "bad", percent)
    if probability >= policy.hold_at:
        return Band("doubtful", "unsure", percent)
    return Band("not like spam", "fine", percent)


def ago(at: int, now: int) -> str:
    """Return how long ago something was, as people say it; after a month, the day."""
    passed = max(0, now - at)
    if passed < MINUTE:
        return "just now"
    if passed < 60 * MINUTE:
        return f"{passed // MINUTE} min ago"
    if passed < DAY:
        return f"{passed // (60 * MINUTE)} h ago"
    if passed < 30 * DAY:
        days = passed // DAY
        return "yesterday" if days == 1 else f"{days} days ago"
    return datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%-d %b %Y")


def moment(at: str) -> str:
    """Return a time in full, for who wants it exactly."""
    return datetime.fromtimestamp(parse_rfc3339(at) / 1_000_000, UTC).strftime("%A, %-d %B %Y, %H:%M UTC")


def chip(signal: Signal, body: str) -> Chip:
    """Return how a signal is drawn."""
    check = signal.check.replace("-", " ")
    words = _quoted(signal, body)
    kind = KINDS.get(signal.check, Kind.SPAM)
    if kind is Kind.PROFANITY:
        return Chip(check, f"severity {signal.weight:.0f}", signal.detail, words, "rude")
    if kind is Kind.ALLOW:
        return Chip(check, "", signal.detail, words, "fine")
    if kind in (Kind.HOLD, Kind.BLOCK) or signal.weight == 0:
        return Chip(check, "", signal.detail, words, "rude")
    sign, style = ("−", "fine") if signal.weight < 0 else ("+", "bad")
    return Chip(check, f"{sign}{abs(signal.weight):.1f}", signal.detail, words, style)


def _quoted(signal: Signal, body: str) -> Sequence[str]:
    """Return the words of the comment that a signal is about, unless its own words name them already."""
    found = dict.fromkeys(" ".join(body[start:end].split())[:WORD_SHOWN_MAX] for start, end in signal.spans)
    said = signal.detail.casefold()
    return [word for word in found if word and word.casefold() not in said][:WORDS_SHOWN]


def _line(entry: HistoryView, now: int) -> Line:
    words = DONE_WORDS.get(entry.action, entry.action)
    by = "its author" if entry.by == "author" else entry.by
    return Line(words, by, moment(entry.at), ago(parse_rfc3339(entry.at), now), entry.reason)
