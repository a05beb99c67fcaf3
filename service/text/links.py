"""Finds the links in a text, however they are written: bare, Markdown, BBCode or HTML.

Each has its host and the domain that somebody registered: `shop.example.co.uk` belongs to `example.co.uk`, and
`a.github.io` to whoever has `a.github.io`. One pass, linear, and never more than LINKS_MAX links.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from publicsuffixlist import PublicSuffixList

from service.model import Span

# A comment with more links is judged by the first hundred.
LINKS_MAX = 100
TEXT_MAX = 100
HOST_MAX = 253
# Endings of names that are a host even without `http` or `www`; the others could be a file (`setup.py`) or a product
# (`ASP.NET`) unless a path follows.
_ENDINGS = "com|org|info|biz|xyz|top|shop|online|site|store|club|live|vip|casino|icu"
_WITH_PATH = "net|io|co|ru|me|ly|gl|de|uk|in|us|pl|fr|it|es|eu|cn|to|tk|ml|ga|cc|gd"
# It begins with a sign, not with a letter, so that the search leaps from sign to sign: 5 times as fast.
_LINK = re.compile(
    r"[:.](?:(?<=https:)//|(?<=http:)//|(?<=www\.)|(?<=\w\.)(?=(?:" + _ENDINGS + r")\b|(?:" + _WITH_PATH + r")/))"
    r"[^\s<>\"'\[\](){}|\\^`]*",
    re.IGNORECASE,
)
_HOST_BEFORE = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,3}\Z", re.IGNORECASE)
_SCHEME = re.compile(r"https?\Z", re.IGNORECASE)


@cache  # When it is first needed: reading the list takes 50 ms.
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


class Link(NamedTuple):
    """One link. `span` is where its address stands; `text` is what Markdown, BBCode or HTML shows in its place."""

    url: str
    host: str
    domain: str
    text: str
    span: Span


@lru_cache(maxsize=4)  # The checks of one comment ask for the same text one after the other.
def find(text: str) -> tuple[Link, ...]:
    """Return the links of a text in order, at most LINKS_MAX."""
    found: list[Link] = []
    done = 0
    for match in _LINK.finditer(text):
        start = _start(text, match.start(), done)
        url = text[start : match.end()].rstrip(".,;:!?*_~")
        host = host_of(url)
        if not host or ("." not in host and "://" not in url) or text[start - 1 : start] == "@":
            continue
        done = start + len(url)
        found.append(Link(url, host, domain_of(host), _shown(text, start, done), (start, done)))
        if len(found) == LINKS_MAX:
            break
    return tuple(found)


def outside(links: Iterable[Link], hosts: frozenset[str]) -> tuple[Link, ...]:
    """Return the links that lead to other domains than the site's own hosts belong to."""
    own = {domain_of(host_of(host)) for host in hosts}
    return tuple(link for link in links if link.domain not in own)


def host_of(url: str) -> str:
    """Return the host of a web address with or without `http://`, in lower case; empty if it has none."""
    scheme, separator, rest = url.partition("://")
    authority = re.split(r"[/?#,;]", rest if separator else scheme, maxsplit=1)[0]
    return authority.rpartition("@")[2].partition(":")[0].strip(".").lower()[:HOST_MAX]


@lru_cache(maxsize=4_096)
def domain_of(host: str) -> str:
    """Return the domain that somebody registered; the host itself where there is none (an address, `localhost`)."""
    if host.rpartition(".")[2].isdigit():
        return host
    return _public_suffixes().privatesuffix(host) or host


def is_within(host: str, domains: frozenset[str]) -> bool:
    """Tell whether a host is one of these domains or below one of them."""
    return any(name in domains for name in (host, *_above(host)))


def is_known_domain(host: str) -> bool:
    """Tell whether a host ends as real ones do: `a.example.org` and `org`, not `setup.exe`."""
    return bool(host) and not host.startswith(".") and bool(_public_suffixes().publicsuffix(host, accept_unknown=False))


def hosts_named(body: str, website: str | None) -> str:
    """Return every host that a comment links to and the domains above it, each between two spaces, to be searched."""
    named = {link.host for link in find(body)} | ({host_of(website)} if website else set())
    every = {name: None for host in sorted(named) for name in (host, *_above(host))}
    return f" {' '.join(every)} " if every else ""


def _above(host: str) -> Iterable[str]:
    labels = host.split(".")
    return (".".join(labels[start:]) for start in range(1, len(labels) - 1))


def _start(text: str, sign: int, done: int) -> int:
    """Return where the link begins whose `:` or `.` stands at `sign`, not before `done`."""
    before = text[max(done, sign - 255) : sign]
    match = (_SCHEME if text[sign] == ":" else _HOST_BEFORE).search(before)
    return sign - len(before) + match.start() if match else sign


def _shown(text: str, start: int, end: int) -> str:
    """Return what is shown in place of the address that stands at `start` to `end`; empty for a bare one."""
    if text[max(0, start - 2) : start] == "](":
        return text[max(0, start - TEXT_MAX) : start - 2].rpartition("[")[2]
    opened = text[max(0, start - 6) : start].lower()
    if opened.endswith(("url=", "href=", "href='", 'href="', 'url="')):
        after = text[end : end + TEXT_MAX].partition(">" if "href" in opened else "]")[2]
        return re.split(r"[<\[]", after, maxsplit=1)[0]
    return ""
