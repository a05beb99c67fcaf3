"""Slows down who sends too much: so many requests in so much time from one place.

Counts in fixed windows and weighs the last one by how much of it the sliding window still covers: two numbers an
address, whatever the rate. The library that stood here before kept every request of every address and looked through
all of them for old ones: 1.5 s of processor time a post once 20,000 addresses were known.
"""

import ipaddress
import math
from collections import OrderedDict

from msgspec import Struct

from service.clock import SECOND
from service.errors import TooFast
from service.model import Clock, Rate

# A network that was not heard of for longest is forgotten first; 50,000 take about 15 MB.
PLACES_MAX = 50_000
# One household or one phone holds a whole /64, so single IPv6 addresses say nothing.
_IPV6_PREFIX = 64


class _Count(Struct):
    """How often one place did the thing in the window with this number, and in the one before it."""

    window: int
    now: int = 0
    before: int = 0


class Limiter:
    """A limit on how often one address may do one thing; a rate of None lets everything pass."""

    def __init__(self, rate: Rate | None, doing: str, clock: Clock) -> None:
        self._rate = rate
        self._doing = doing
        self._clock = clock
        self._places: OrderedDict[str, _Count] = OrderedDict()

    def hit(self, address: str | None) -> None:
        """Count one request from this address. Raises TooFast when it is one too many."""
        if self._rate is None:
            return
        window, passed = divmod(self._clock(), self._rate.period)
        count = self._count(prefix(address), window)
        left = 1 - passed / self._rate.period
        if count.before * left + count.now + 1 > self._rate.requests:
            wait = max(1, math.ceil(self._wait(self._rate, count, passed) / SECOND))
            raise TooFast(f"too many {self._doing} from your network; wait {wait} seconds and try again", wait)
        count.now += 1

    def _count(self, place: str, window: int) -> _Count:
        count = self._places.setdefault(place, _Count(window))
        self._places.move_to_end(place)
        if len(self._places) > PLACES_MAX:
            self._places.popitem(last=False)
        if count.window != window:
            count.before = count.now if count.window == window - 1 else 0
            count.window, count.now = window, 0
        return count

    @staticmethod
    def _wait(rate: Rate, count: _Count, passed: int) -> float:
        """Return the microseconds until one more fits: in this window, or in the next, which weighs this one."""
        room = rate.requests - 1
        if count.now <= room:
            return rate.period * (1 - (room - count.now) / count.before) - passed
        return rate.period - passed + rate.period * (1 - room / count.now)


def prefix(address: str | None) -> str:
    """Return the network that an address stands for: IPv4 as it is, IPv6 as its /64, anything else as itself."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
    return str(parsed)
