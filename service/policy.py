"""What a site wants, as values with their ranges: edited with `gatepost site set` and on the admin page."""

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

# In characters. `Policy.body_max` may lower or raise the default up to the hard limit.
BODY_DEFAULT_MAX = 5_000
BODY_HARD_MAX = 10_000

Severity = Annotated[int, Meta(ge=0, le=3)]
# Words or phrases, in which a star at an end stands for more letters.
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


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """What a site wants; edited with `gatepost site set` and, later, on the admin page.

    `slur`, `strong`, `mild` and `sexual_medical` say how grave words of these tiers are, 0 to 3; `own_words` are the
    site's own, with the severity of `strong`, and `clean_words` those that it never minds.

    `publish` is `never` (every comment waits for a moderator) or `clean` (a comment is published at once
    when its spam probability is under `hold_at` and its profanity severity under `profanity_at`).
    From `spam_at` on a comment goes to the spam folder. `depth_max` caps how deep replies are stored.
    """

    open: bool = True
    publish: Literal["never", "clean"] = "never"
    hold_at: Annotated[float, Meta(ge=0, le=1)] = 0.1
    spam_at: Annotated[float, Meta(ge=0, le=1)] = 0.9
    profanity_at: Annotated[int, Meta(ge=1, le=3)] = 1
    email: Literal["optional", "required"] = "optional"
    body_max: Annotated[int, Meta(ge=1, le=BODY_HARD_MAX)] = BODY_DEFAULT_MAX
    slur: Severity = 3
    strong: Severity = 2
    mild: Severity = 1
    sexual_medical: Severity = 0
    own_words: Words = ()
    clean_words: Words = ()
    edit_minutes: Annotated[int, Meta(ge=0, le=1_440)] = 15
    depth_max: Annotated[int, Meta(ge=0, le=50)] = 20

    @property
    def tiers(self) -> Tiers:
        """How grave profanity is here."""
        return Tiers(self.slur, self.strong, self.mild, self.sexual_medical, self.own_words, self.clean_words)
