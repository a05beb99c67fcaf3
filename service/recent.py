"""What has come in lately on this installation: sketches of texts and ranges of addresses, in this process's memory.

No text and no address is kept, nothing for longer than a day, and never more than ENTRIES_MAX comments.
"""

import ipaddress
from collections import Counter, defaultdict, deque
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from service.clock import DAY, MINUTE
from service.model import Clock
from service.text.sketch import sketch

ENTRIES_MAX = 10_000
# A flood of one text must not make each of its copies slower to find than the last.
SAME_PART_MAX = 50
# Of the eight numbers of a sketch: with five, about 60 % of the runs of three words are the same.
SHARED_MIN = 5
BURST = 10 * MINUTE


class _Entry(NamedTuple):
    number: int
    at: int
    parts: tuple[int, ...]
    prefix: str | None


class Recent:
    """The comments of the last day."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[_Entry] = deque()
        self._next = 0
        self._with_part: dict[int, deque[int]] = defaultdict(lambda: deque(maxlen=SAME_PART_MAX))
        self._times_of: dict[str, deque[int]] = defaultdict(deque)

    def note(self, body: str, address: str | None) -> None:
        """Note a new comment."""
        self._forget()
        entry = _Entry(self._next, self._clock(), sketch(body), _prefix(address))
        self._next += 1
        self._entries.append(entry)
        for part in entry.parts:
            self._with_part[part].append(entry.number)
        if entry.prefix:
            self._times_of[entry.prefix].append(entry.at)

    def near_copies(self, body: str) -> int:
        """Count the comments whose text is almost this one, up to SAME_PART_MAX or so."""
        self._forget()
        known = [numbers for part in sketch(body) if (numbers := self._with_part.get(part))]
        if len(known) < SHARED_MIN:
            return 0
        return sum(count >= SHARED_MIN for count in Counter(chain.from_iterable(known)).values())

    def from_there(self, address: str | None) -> int:
        """Count the comments of the last ten minutes from the same address range: an IPv4 /24, an IPv6 /48."""
        prefix = _prefix(address)
        times = self._times_of.get(prefix, ()) if prefix else ()
        since = self._clock() - BURST
        return sum(at > since for at in times)

    def _forget(self) -> None:
        until = self._clock() - DAY
        while self._entries and (len(self._entries) >= ENTRIES_MAX or self._entries[0].at < until):
            entry = self._entries.popleft()
            for part in entry.parts:
                numbers = self._with_part[part]
                if numbers and numbers[0] == entry.number:
                    numbers.popleft()
                if not numbers:
                    del self._with_part[part]
            if entry.prefix:
                times = self._times_of[entry.prefix]
                times.popleft()
                if not times:
                    del self._times_of[entry.prefix]


@lru_cache(maxsize=256)
def _prefix(address: str | None) -> str | None:
    """Return the range that an address belongs to; None for one that is not out in the world, such as a proxy's."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if not parsed.is_global:
        return None
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))
