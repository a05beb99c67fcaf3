"""Everything that can go wrong on purpose, in the words that a caller will read.

Raise the one that says what happened; `web/problems.py` alone knows which HTTP status it becomes.
"""

from collections.abc import Sequence
from typing import NamedTuple


class FieldError(NamedTuple):
    """One bad field: its name as the caller wrote it, and what to do about it."""

    field: str
    detail: str


class GatepostError(Exception):
    """The root of the tree; `detail` is a sentence that the caller can act on."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadSettings(GatepostError):
    """The configuration cannot be used; the service does not start."""


class Malformed(GatepostError):
    """The request cannot be read at all: broken JSON, wrong encoding, nesting too deep."""


class Invalid(GatepostError):
    """The request was read, and some of its fields are wrong."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(f"{e.field}: {e.detail}" for e in errors))
        self.errors: Sequence[FieldError] = errors


class NotFound(GatepostError):
    """There is no such thing, or it is not the caller's to see: the answer is the same."""


class Conflict(GatepostError):
    """The thing is not in a state in which this can be done."""


class Unauthorized(GatepostError):
    """The caller is not signed in, or the token is not valid."""


class Forbidden(GatepostError):
    """The caller is known and may not do this."""


class OriginRefused(Forbidden):
    """A browser sent this from a page that is not one of the site's."""


class ThreadClosed(Forbidden):
    """Nobody can write in this thread."""


class TooLarge(GatepostError):
    """The request body is over the limit."""


class UnsupportedMedia(GatepostError):
    """The request body is in a form that is not accepted."""


class TooFast(GatepostError):
    """Too many requests from one place; `retry_after` is in whole seconds, at least 1."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(GatepostError):
    """Something that the service depends on is down; nothing was stored, so trying again is safe."""

    retry_after = 2


class NotReady(Unavailable):
    """The service cannot do all its work just now; unlike others of its kind, its words may be read by anybody."""


class ReadOnly(Unavailable):
    """The database answers, and takes nothing new: a standby, or a disk that is read only."""
