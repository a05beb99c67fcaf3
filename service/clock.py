"""The time and fresh ids; both are passed in wherever they are used, so that tests can choose them."""

import secrets
import time
from datetime import UTC, datetime
from functools import lru_cache

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def now() -> int:
    """Return the time in microseconds since 1970, UTC."""
    return time.time_ns() // 1_000


def new_id() -> str:
    """Return 32 hex digits: the time in milliseconds, so that rows lie in order of arrival, then 80 random bits."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


@lru_cache(maxsize=4_096)  # A thread that grows is drawn again with the same fifty times and one more.
def rfc3339(at: int) -> str:
    """Return a time as RFC 3339 in UTC with `Z`, to the millisecond."""
    return datetime.fromtimestamp(at / 1_000_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> int:
    """Return the microseconds of an RFC 3339 time. Raises ValueError; a time without a zone is taken as UTC."""
    moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)
