"""The words of Gatepost as values: frozen, named as in the glossary, and passed between all rooms.

Times are integers: microseconds since 1970 in UTC. Spans are `(start, end)` in characters of the body.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from service.errors import Conflict
from service.policy import Policy, RuleHit, Tiers

Clock = Callable[[], int]
IdMaker = Callable[[], str]
Span = tuple[int, int]

# The one table of limits, in characters; the body's is the site's policy.
AUTHOR_MAX = 80
EMAIL_MAX = 254
WEBSITE_MAX = 2_048
THREAD_MAX = 512
TITLE_MAX = 300
URL_MAX = 2_048
IDEMPOTENCY_KEY_MAX = 64
USER_AGENT_MAX = 300
REASON_MAX = 500
REQUEST_MAX_BYTES = 64 * 1024

SITE_NAME = r"[a-z0-9-]{1,64}"


class Rate(NamedTuple):
    """So many requests, at least 1, in so many microseconds."""

    requests: int
    period: int


class Status(StrEnum):
    """Where a comment is."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"
    DELETED = "deleted"


class Outcome(StrEnum):
    """The machine's opinion."""

    PUBLISH = "publish"
    HOLD = "hold"
    SPAM = "spam"

    @property
    def status(self) -> Status:
        """The status that a comment with this outcome starts in."""
        return _STARTS_IN[self]


_STARTS_IN = {Outcome.PUBLISH: Status.APPROVED, Outcome.HOLD: Status.PENDING, Outcome.SPAM: Status.SPAM}


class Action(StrEnum):
    """A moderator's word."""

    APPROVE = "approve"
    REJECT = "reject"
    SPAM = "spam"
    DELETE = "delete"
    RESTORE = "restore"

    @property
    def status(self) -> Status:
        """The status that a comment has after this decision."""
        return _LEADS_TO[self]


_LEADS_TO = {
    Action.APPROVE: Status.APPROVED,
    Action.REJECT: Status.REJECTED,
    Action.SPAM: Status.SPAM,
    Action.DELETE: Status.DELETED,
    Action.RESTORE: Status.PENDING,
}


class Sort(StrEnum):
    """The order of a thread."""

    OLDEST = "oldest"
    NEWEST = "newest"
    TOP = "top"


class Label(StrEnum):
    """What a decision teaches the learning filter."""

    SPAM = "spam"
    HAM = "ham"


TEACHES = {Action.APPROVE: Label.HAM, Action.SPAM: Label.SPAM}

Role = Literal["owner", "moderator", "reader"]


class Site(Struct, frozen=True):
    """One website that embeds comments. `origins` are exact, like `https://example.org`."""

    name: str
    origins: tuple[str, ...]
    policy: Policy
    created_at: int
    rules_version: int = 0

    @property
    def hosts(self) -> frozenset[str]:
        """The site's own host names; links to them are not links to elsewhere."""
        return frozenset(host for origin in self.origins if (host := urlsplit(origin).hostname))

    def has_page(self, url: str) -> bool:
        """Tell whether an address is one of the site's own pages; a stranger may claim any."""
        return any(url == origin or url.startswith(f"{origin}/") for origin in self.origins)


class Thread(Struct, frozen=True):
    """The comments of one page. `version` grows when readers would see a change; 0 before the first."""

    key: str
    title: str | None = None
    url: str | None = None
    count: int = 0
    version: int = 0


class Draft(Struct, frozen=True):
    """A valid comment not yet judged; without a `thread` it is for the one that the page at `url` has.

    `address` is the sender's IP address; it is looked at and never stored as it is. `language` is the page's, as its
    widget says; `trap` what stood in a field that people cannot see; `form_age` for how many seconds the form was open.
    """

    thread: str
    author: str
    body: str
    email: str | None = None
    website: str | None = None
    parent_id: str | None = None
    title: str | None = None
    url: str | None = None
    notify: bool = False
    address: str | None = None
    user_agent: str | None = None
    language: str | None = None
    trap: str | None = None
    form_age: float | None = None
    consent: bool = False


class Evidence(Struct, frozen=True):
    """What a check returns: how strong (times the check's weight), and why, in a moderator's words."""

    detail: str
    strength: float = 1.0
    spans: tuple[Span, ...] = ()


class Signal(Struct, frozen=True, omit_defaults=True):
    """Evidence times weight, kept with the comment. `weight` is log-odds of spam, or profanity's severity 1 to 3."""

    check: str
    weight: float
    detail: str
    spans: tuple[Span, ...] = ()


class Verdict(Struct, frozen=True):
    """What the checks say together. `profanity` is a severity from 0 to 3."""

    outcome: Outcome
    spam_probability: float
    profanity: int
    reasons: tuple[str, ...]
    signals: tuple[Signal, ...]


class HistoryEntry(Struct, frozen=True):
    """One thing that happened to a comment. `by` names a person, a token, or `author`; `action` also `edit`, `undo`."""

    action: str
    by: str
    at: int
    before: Status
    after: Status
    reason: str | None = None


class Comment(Struct, frozen=True, kw_only=True):
    """What is kept. `avatar` is a seed for a drawn picture; `badge` says that a moderator wrote it.

    `version` grows when its text or status changes, so that nobody decides on what they have not seen.
    """

    id: str
    site: str
    thread: str
    title: str | None = None
    url: str | None = None
    parent_id: str | None
    depth: int
    status: Status
    author: str
    email: str | None
    website: str | None
    avatar: str
    body: str
    html: str
    created_at: int
    edited_at: int | None = None
    votes: int = 0
    reports: int = 0
    pinned: bool = False
    badge: str | None = None
    withdrawn: bool = False
    version: int = 1
    verdict: Verdict

    def decided(self, action: Action) -> "Comment":
        """Return the comment as it is after this decision. Raises Conflict where the decision says nothing new."""
        if self.withdrawn:
            raise Conflict("its author deleted it, so there is nothing left to decide on")
        if action is Action.RESTORE and self.status not in (Status.REJECTED, Status.SPAM, Status.DELETED):
            raise Conflict(f"it is {self.status}; only a rejected, spam or deleted comment can be restored")
        if action.status == self.status:
            raise Conflict(f"it is {self.status} already")
        if self.status is Status.DELETED and action is not Action.RESTORE:
            raise Conflict("it is deleted; restore it first")
        return replace(self, status=action.status)


class Person(Struct, frozen=True):
    """Someone who may decide: an owner or a moderator, with a role for each of their sites."""

    id: str
    email: str
    roles: dict[str, Role]


class Caller(Struct, frozen=True):
    """Who makes a request to the private half: a signed-in person or an API token."""

    name: str
    roles: dict[str, Role]
    person_id: str | None = None


class Learned(NamedTuple):
    """What a site's filter has learned of one hashed feature, in whole millionths so that sums can be undone exactly.

    `weight` is log-odds of spam; `gradient` the sum of squared gradients, which slows later steps (AdaGrad).
    """

    weight: int
    gradient: int


class Author(NamedTuple):
    """What became of the earlier comments here that gave the same e-mail address; approved ones make it trusted."""

    approved: int = 0
    spam: int = 0
    trusted: bool = False


class Facts(Struct, frozen=True):
    """What checks may know of the world, fetched before they run.

    `hosts` are the site's own host names and `references` the domains that it allows; `languages` those of its pages,
    none if unknown; `tiers` how grave profanity is there; `rules` those that fit the draft. `same_text` counts other
    comments on this site with the same text, `near_copies` recent ones on the installation that are almost the same,
    and `from_there` recent ones from the same address range. `learned` is what this site's moderators have taught
    its filter, by hashed feature.
    """

    hosts: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()
    tiers: Tiers = Tiers()
    rules: tuple[RuleHit, ...] = ()
    author: Author = Author()
    same_text: int = 0
    near_copies: int = 0
    from_there: int = 0
    learned: Mapping[int, Learned] = {}
