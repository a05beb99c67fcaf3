"""What a site wants, as values with their ranges: edited with `gatepost site set` and on the admin page."""

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

# In characters. `Policy.body_max` may lower or raise the default up to the hard limit.
BODY_DEFAULT_MAX = 5_000
BODY_HARD_MAX = 10_000

Severity = Annotated[int, Meta(ge=0, le=3)]
# Words or phrases, in which a star at an end stands for more letters.
AKISMET = "https://rest.akismet.com"
# An address without a user or password in it; what it may lead to is looked at when it is used.
WebAddress = Annotated[str, Meta(max_length=2_048, pattern=r"^(https?://[^\s/@?#]+(/[^\s#]*)?)?$")]
# Policy keys that are never shown again once they are set.
SECRETS = ("akismet_key", "hook_secret")
Words = Annotated[
    tuple[Annotated[str, Meta(min_length=2, max_length=80, pattern=r"^\S.*\S$")], ...], Meta(max_length=1_000)
]


class Tiers(NamedTuple):
    """How grave each kind of profanity is on a site, from 0 (of no interest) to 3, and the site's own words.

    `own_words` are as grave as `strong`; `clean_words`, and what they cover, are never reported.
    """

    slur: int = 3
    strong: int = 2
    mild: int = 1
    sexual_medical: int = 0
    own_words: tuple[str, ...] = ()
    clean_words: tuple[str, ...] = ()


class Effect(StrEnum):
    """What a rule does with a comment."""

    ALLOW = "allow"
    HOLD = "hold"
    BLOCK = "block"


class RuleKind(StrEnum):
    """What a rule looks at."""

    WORD = "word"
    DOMAIN = "domain"
    EMAIL = "email"
    IP = "ip"
    USER_AGENT = "user_agent"


class Rule(Struct, frozen=True):
    """What a moderator wrote down. `value` is a word, a domain, an e-mail address, an address range or an agent."""

    id: str
    effect: Effect
    kind: RuleKind
    value: str
    reason: str | None
    by: str
    created_at: int


class RuleList(Struct, frozen=True):
    """Many terms from elsewhere under one name and with one effect: words, domains, e-mail and IP addresses."""

    id: str
    name: str
    effect: Effect
    terms: tuple[str, ...]
    by: str
    created_at: int


class RuleHit(NamedTuple):
    """A rule that fits a comment: what it says, the list it is from if any, where it was found, and the span."""

    effect: Effect
    kind: RuleKind
    value: str
    source: str | None = None
    where: str = ""
    span: tuple[int, int] | None = None


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """What a site wants; edited with `gatepost site set` and, later, on the admin page.

    `slur`, `strong`, `mild` and `sexual_medical` say how grave words of these tiers are, 0 to 3; `own_words` are the
    site's own, with the severity of `strong`, and `clean_words` those that it never minds.

    `publish` is `never` (every comment waits for a moderator), `known` (a comment is published at once if a rule
    allows it, or its author's e-mail address has stood beside `known_after` approved comments and no spam) or `clean`
    (anybody's is when its spam probability is under `hold_at`); in either case only while its profanity severity is
    under `profanity_at`. From `spam_at` on a comment goes to the spam folder. `languages` are those of the site's
    pages; empty, they are what the widget says. `warn` lets the widget show a writer what a moderator may mind.
    `depth_max` caps how deep replies are stored.

    Where `website` is `off`, one that is sent is dropped. `consent` is a text that writers must agree to, if there is
    one. `votes` lets readers say which comments they like.

    With an `akismet_key` every comment is sent to Akismet, or to a service of its kind at `akismet_url`; with a
    `hook_url` to that address, signed with `hook_secret`.
    """

    open: bool = True
    publish: Literal["never", "known", "clean"] = "never"
    known_after: Annotated[int, Meta(ge=1, le=100)] = 3
    hold_at: Annotated[float, Meta(ge=0, le=1)] = 0.1
    spam_at: Annotated[float, Meta(ge=0, le=1)] = 0.9
    profanity_at: Annotated[int, Meta(ge=1, le=3)] = 1
    email: Literal["optional", "required"] = "optional"
    website: Literal["optional", "off"] = "optional"
    consent: Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    votes: bool = True
    body_max: Annotated[int, Meta(ge=1, le=BODY_HARD_MAX)] = BODY_DEFAULT_MAX
    slur: Severity = 3
    strong: Severity = 2
    mild: Severity = 1
    sexual_medical: Severity = 0
    own_words: Words = ()
    clean_words: Words = ()
    languages: Annotated[tuple[Annotated[str, Meta(pattern="^[a-z]{2,3}$")], ...], Meta(max_length=20)] = ()
    warn: bool = False
    edit_minutes: Annotated[int, Meta(ge=0, le=1_440)] = 15
    depth_max: Annotated[int, Meta(ge=0, le=50)] = 20
    akismet_key: Annotated[str, Meta(max_length=200, pattern=r"^[\w.-]*$")] = ""
    akismet_url: WebAddress = AKISMET
    hook_url: WebAddress = ""
    hook_secret: Annotated[str, Meta(pattern=r"^(whsec_[A-Za-z0-9+/]{32,86}={0,2})?$")] = ""

    @property
    def tiers(self) -> Tiers:
        """How grave profanity is here."""
        return Tiers(self.slur, self.strong, self.mild, self.sexual_medical, self.own_words, self.clean_words)
