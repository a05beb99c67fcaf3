"""Posts to another server over HTTP; apart from `outbound.py`, because loading what speaks HTTP takes 50 ms and 3 MB.

An address is resolved once, every answer is looked at, and the connection goes to what was looked at, so that no name
can lead into the operator's own network. No redirects, no proxies from the environment, short answers only.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpcore2

from service.outbound import Answer, Network, OutboundError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

ANSWER_MAX = 64 * 1024
CONNECTIONS_MAX = 20
PORTS = (80, 443)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Client:
    """Keeps connections to public addresses, and to those in `networks`."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            max_connections=CONNECTIONS_MAX,
            network_backend=_Checked(networks),
        )

    async def post(self, url: str, content: bytes, headers: Mapping[str, str], limit: float) -> Answer:
        """Post to an address; the whole takes at most `limit` seconds. Raises OutboundError."""
        sent = [("Host", _host(url)), ("Accept-Encoding", "identity"), ("User-Agent", "Gatepost"), *headers.items()]
        try:
            async with asyncio.timeout(limit), self._pool.stream("POST", url, headers=sent, content=content) as answer:
                return Answer(answer.status, _read(answer.headers), await _short(answer))
        except TimeoutError:
            raise OutboundError(f"no answer within {limit:g} s") from None
        except (OSError, ValueError, httpcore2.NetworkError, httpcore2.TimeoutException) as error:
            raise OutboundError(str(error) or type(error).__name__) from error
        except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol) as error:
            raise OutboundError(f"it does not speak HTTP: {error}") from error

    async def close(self) -> None:
        """Close the connections that are kept open."""
        await self._pool.aclose()


class _Checked(httpcore2.AsyncNetworkBackend):
    """Connects to an address only after a look at it. The host's name still stands in TLS and in the request."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2 hands it over
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(where[0]).partition("%")[0]) for *_, where in found]
        for address in addresses:
            require_allowed(address, port, self._networks)
        return await self._backend.connect_tcp(str(addresses[0]), port, timeout, local_address, socket_options)


def require_allowed(address: Address, port: int, networks: Sequence[Network]) -> None:
    """Raise OSError unless an address is public and its port the web's, or the operator allows its network."""
    if any(address in network for network in networks):
        return
    if not _is_public(address):
        raise OSError(
            f"{address} is not on the public internet; the operator may allow it with GATEPOST_OUTBOUND_NETWORKS"
        )
    if port not in PORTS:
        raise OSError(f"port {port} is not used; only 80 and 443 are, but in GATEPOST_OUTBOUND_NETWORKS")


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo or (inner and not _is_public(inner)):
            return False
        if inner:
            return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _host(url: str) -> str:
    """Return what stands in the Host header. Raises OutboundError."""
    try:
        parsed = httpcore2.URL(url)
    except (TypeError, ValueError):
        raise OutboundError(f"{url!r} is no address") from None
    if parsed.scheme not in (b"http", b"https") or not parsed.host:
        raise OutboundError(f"{url!r} is no address")
    host = parsed.host.decode("ascii")
    return f"{f'[{host}]' if ':' in host else host}" + ("" if parsed.port is None else f":{parsed.port}")


def _read(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


async def _short(answer: httpcore2.Response) -> bytes:
    content = b""
    async for part in answer.aiter_stream():
        content += part
        if len(content) > ANSWER_MAX:
            raise OutboundError(f"its answer is longer than {ANSWER_MAX:,} bytes")
    return content
