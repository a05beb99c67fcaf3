"""The way out of the house: only to public addresses, looked at after the name was resolved, and with limits."""

import asyncio
import ipaddress
import socket

import pytest

from service.http_client import require_allowed
from service.outbound import Network, Outbound, OutboundError

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.5.5", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
        *("224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "::1", "fe80::1", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:53aa:64c::1"),
    ],
)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(OSError, match="GATEPOST_OUTBOUND_NETWORKS"):
        require_allowed(ipaddress.ip_address(address), 443, ())


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public_is_reached_on_the_ports_of_the_web(address: str) -> None:
    require_allowed(ipaddress.ip_address(address), 443, ())
    require_allowed(ipaddress.ip_address(address), 80, ())
    with pytest.raises(OSError, match="port 25"):
        require_allowed(ipaddress.ip_address(address), 25, ())


def test_the_operators_networks_are_reached_on_any_port() -> None:
    require_allowed(ipaddress.ip_address("127.0.0.1"), 11_434, LOOPBACK)
    with pytest.raises(OSError, match="public"):
        require_allowed(ipaddress.ip_address("10.0.0.1"), 443, LOOPBACK)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]", "127.0.0.1."],
)
def test_no_spelling_of_this_machine_gets_a_packet(host: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.05)
        with pytest.raises(OutboundError):
            ask(f"http://{host}:{listener.getsockname()[1]}/")
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize(
    "url", ["gopher://127.0.0.1/", "file:///etc/passwd", "http:///x", "http://[x/", "http://bücher"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(OutboundError):
        ask(url, networks=LOOPBACK)


def test_the_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()
        proxy.settimeout(0.05)
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        with pytest.raises(OutboundError):
            ask("http://127.0.0.1:1/", networks=LOOPBACK)
        with pytest.raises(TimeoutError):
            proxy.accept()


def ask(url: str, networks: tuple[Network, ...] = ()) -> None:
    async def work() -> None:
        outbound = Outbound(networks)
        try:
            await outbound.post(url, b"{}", {}, limit=2)
        finally:
            await outbound.close()

    asyncio.run(work())
