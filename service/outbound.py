"""The only way out of the house: what an owner lets us ask or tell another server goes through here."""

import asyncio
import ipaddress
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from service.http_client import Client

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class OutboundError(Exception):
    """The other server could not be asked, or its answer is of no use; says why."""


class Answer(NamedTuple):
    """What another server said; header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Outbound:
    """Sends requests to public addresses, and to those in `networks`, which the operator allows besides."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = networks
        self._client: Client | None = None
        self._tasks = set[asyncio.Task[None]]()

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for; what is not done when the service stops is not done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def post(self, url: str, content: bytes, headers: Mapping[str, str], limit: float) -> Answer:
        """Post to an address; the whole takes at most `limit` seconds. Raises OutboundError."""
        if self._client is None:
            from service.http_client import Client

            self._client = Client(self._networks)
        return await self._client.post(url, content, headers, limit)

    async def close(self) -> None:
        """Stop what is still being done, and close the connections that are kept open."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
