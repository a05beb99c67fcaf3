"""Slows down who sends too much: so many requests in so much time from one place."""

import ipaddress
import math
import time

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from service.errors import TooFast

# One household or one phone holds a whole /64, so single IPv6 addresses say nothing.
_IPV6_PREFIX = 64


class Limiter:
    """A limit on how often one address may do one thing; a rate of None lets everything pass."""

    def __init__(self, rate: RateLimitItem | None, doing: str) -> None:
        self._rate = rate
        self._doing = doing
        self._window = MovingWindowRateLimiter(MemoryStorage())

    async def hit(self, address: str | None) -> None:
        """Count one request from this address. Raises TooFast when it is one too many."""
        if self._rate is None:
            return
        place = prefix(address)
        if not await self._window.hit(self._rate, self._doing, place):
            stats = await self._window.get_window_stats(self._rate, self._doing, place)
            wait = max(1, math.ceil(stats.reset_time - time.time()))
            raise TooFast(f"too many {self._doing} from your network; wait {wait} seconds and try again", wait)


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
