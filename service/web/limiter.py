"""Slows down who sends too much: so many requests at once from one place, then one after the other at an even pace.

Counted in the database, so that all workers and instances count together, and a restart forgets nothing.
"""

import ipaddress
import math

from service.clock import SECOND
from service.errors import TooFast
from service.keys import Keys
from service.model import Clock, Rate
from service.store import rates
from service.store.database import Database

# One household or one phone holds a whole /64, so single IPv6 addresses say nothing.
_IPV6_PREFIX = 64
# What has run out is dropped once for so many requests.
FORGET_EVERY = 500


class Limiter:
    """A limit on how often one address may do one thing; a rate of None lets everything pass."""

    def __init__(self, rate: Rate | None, doing: str, database: Database, keys: Keys, clock: Clock) -> None:
        self._rate = rate
        self._doing = doing
        self._database = database
        self._keys = keys
        self._clock = clock
        self._counted = 0

    async def hit(self, address: str | None) -> None:
        """Count one request from this address. Raises TooFast when it is one too many."""
        if self._rate is None:
            return
        now, place = self._clock(), self._keys.place(prefix(address))
        if not await rates.count(self._database, self._doing, place, self._rate, now):
            left = await rates.wait(self._database, self._doing, place, self._rate, now)
            seconds = max(1, math.ceil(left / SECOND))
            raise TooFast(f"too many {self._doing} from your network; wait {seconds} seconds and try again", seconds)
        self._counted += 1
        if self._counted % FORGET_EVERY == 0:
            await rates.forget(self._database, now)


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
