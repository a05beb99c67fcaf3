"""Slows down who sends too much: so many requests in so much time from one place, in every window of that time.

Keeps the times of the requests that passed, for as long as they count. The library that stood here before looked
through all addresses for old ones: 1.5 s of processor time a post once 20,000 were known.
"""

import ipaddress
import math
from array import array
from bisect import bisect_right
from collections import OrderedDict

from service.clock import SECOND
from service.errors import TooFast
from service.model import Clock, Rate

# A network that was not heard of for longest is forgotten first; 50,000 with one request each take about 15 MB.
PLACES_MAX = 50_000
# One household or one phone holds a whole /64, so single IPv6 addresses say nothing.
_IPV6_PREFIX = 64


class Limiter:
    """A limit on how often one address may do one thing; a rate of None lets everything pass."""

    def __init__(self, rate: Rate | None, doing: str, clock: Clock) -> None:
        self._rate = rate
        self._doing = doing
        self._clock = clock
        self._places: OrderedDict[str, array[int]] = OrderedDict()

    def hit(self, address: str | None) -> None:
        """Count one request from this address. Raises TooFast when it is one too many."""
        if self._rate is None:
            return
        now = self._clock()
        times = self._places.setdefault(place := prefix(address), array("q"))
        self._places.move_to_end(place)
        if len(self._places) > PLACES_MAX:
            self._places.popitem(last=False)
        del times[: bisect_right(times, now - self._rate.period)]
        if len(times) >= self._rate.requests:
            wait = max(1, math.ceil((times[0] + self._rate.period - now) / SECOND))
            raise TooFast(f"too many {self._doing} from your network; wait {wait} seconds and try again", wait)
        times.append(now)


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
