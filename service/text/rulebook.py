"""A site's rules and block lists, compiled into one matcher: 60,000 terms cost a few microseconds a comment.

A word stands for itself, as a whole word and through disguises; a star stands for any signs but white space. A domain
stands for itself and everything below it, an e-mail address may begin with `*@`, an IP address may be a range.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from service.model import Draft, Span
from service.policy import Effect, Rule, RuleHit, RuleKind, RuleList
from service.text import links
from service.text.fold import fold, readings
from service.text.matcher import Matcher, Pattern

# Who meets so many of a site's rules knows what it will get.
HITS_MAX = 20
WORD_MIN = 2
VALUE_MAX = 200

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class _Term(NamedTuple):
    """One rule or one line of a list."""

    effect: Effect
    kind: RuleKind
    value: str
    source: str | None


class _Word(NamedTuple):
    """A word with a star inside: `pieces` follow each other without white space; the first is what is searched for."""

    term: _Term
    pieces: Sequence[str]
    open_right: bool


def valid_value(kind: RuleKind, value: str) -> str:
    """Return a rule's value in the one form in which it is kept. Raises ValueError, saying what to do."""
    text = " ".join(value.split())
    if len(text) > VALUE_MAX:
        raise ValueError(f"is {len(text):,} characters long; at most {VALUE_MAX} fit")
    if len(text.replace("*", "")) < WORD_MIN:
        raise ValueError("is too short; write at least two characters beside stars")
    if kind is RuleKind.IP:
        return str(_network(text)).removesuffix("/32").removesuffix("/128")
    if kind is RuleKind.DOMAIN:
        host = links.host_of(text.removeprefix("*.").removeprefix("*").strip("."))
        if not host or "*" in host or " " in host:
            raise ValueError("is not a domain; write it like example.org, or like ru for everything that ends so")
        return host
    if kind is RuleKind.EMAIL:
        name, at, host = text.lower().rpartition("@")
        if not at or not host or "*" in host or ("*" in name and name != "*"):
            raise ValueError("is not an e-mail address; write it like name@example.org, or *@example.org")
        return f"{name or '*'}@{host}"
    return text


def term_of(line: str) -> tuple[RuleKind, str] | None:
    """Return what a line of a block list means; None for an empty one, a comment, or what is too short to use."""
    text = line.strip()
    if len(text) < WORD_MIN or text.startswith("#"):
        return None
    for kind in (RuleKind.IP, RuleKind.EMAIL, RuleKind.DOMAIN, RuleKind.WORD):
        if kind is RuleKind.DOMAIN and not _looks_like_domain(text):
            continue
        try:
            return kind, valid_value(kind, text)
        except ValueError:
            continue
    return None


class RuleBook:
    """All rules and lists of a site."""

    def __init__(self, rules: Iterable[Rule] = (), lists: Iterable[RuleList] = ()) -> None:
        terms = [_Term(rule.effect, rule.kind, rule.value, None) for rule in rules]
        for each in lists:
            read = filter(None, map(term_of, each.terms))
            terms += [_Term(each.effect, kind, value, each.name) for kind, value in read]
        of_kind: dict[RuleKind, list[_Term]] = defaultdict(list)
        for term in terms:
            of_kind[term.kind].append(term)
        self._words, self._word_terms = _words(of_kind[RuleKind.WORD])
        self._agent_terms = of_kind[RuleKind.USER_AGENT]
        agents = [term.value.strip("*").lower() for term in self._agent_terms]
        self._agents = Matcher([Pattern(agent, open_left=True, open_right=True) for agent in agents])
        self._domains = _by_value(of_kind[RuleKind.DOMAIN])
        self._emails = _by_value(of_kind[RuleKind.EMAIL])
        self._networks: dict[tuple[int, int], dict[int, list[_Term]]] = defaultdict(lambda: defaultdict(list))
        for term in of_kind[RuleKind.IP]:
            network = _network(term.value)
            self._networks[network.version, network.prefixlen][int(network.network_address)].append(term)
        self.allowed_domains = frozenset(term.value for term in of_kind[RuleKind.DOMAIN] if term.effect is Effect.ALLOW)
        self._any = bool(terms)

    def hits(self, draft: Draft) -> tuple[RuleHit, ...]:
        """Return the rules that fit a draft, at most HITS_MAX, those about its text first."""
        return tuple(islice(self._hits(draft), HITS_MAX)) if self._any else ()

    def _hits(self, draft: Draft) -> Iterator[RuleHit]:
        yield from self._in_text(draft.body, "")
        yield from self._in_text(draft.author, " in the author's name")
        yield from self._in_text(draft.website or "", " in the author's website")
        yield from self._of_hosts(draft)
        if draft.email:
            email = draft.email.lower()
            for value in (email, f"*@{email.rpartition('@')[2]}"):
                yield from _hits_of(self._emails.get(value, ()))
        if draft.address and self._networks:
            yield from self._of_address(draft.address)
        if draft.user_agent:
            found = self._agents.find(draft.user_agent.lower())
            yield from _hits_of(self._agent_terms[index] for _, _, index in found)

    def _in_text(self, text: str, where: str) -> Iterator[RuleHit]:
        seen = set()
        for reading in readings(text):
            for start, end, index in self._words.find(reading.text):
                term, pieces, open_right = self._word_terms[index]
                last = _end_of(reading.text, end, pieces, open_right) if pieces else end
                if last is not None and (term.value, span := reading.span(start, last)) not in seen:
                    seen.add((term.value, span))
                    yield RuleHit(term.effect, term.kind, term.value, term.source, where, None if where else span)

    def _of_hosts(self, draft: Draft) -> Iterator[RuleHit]:
        if not self._domains:
            return
        found = {link.host: link.span for link in reversed(links.find(draft.body))}
        places: list[tuple[str, str, Span | None]] = [(host, "", span) for host, span in found.items()]
        places.append((links.host_of(draft.website or ""), " in the author's website", None))
        for host, where, span in places:
            labels = host.split(".")
            for start in range(len(labels)):
                terms = self._domains.get(".".join(labels[start:]), ())
                yield from (hit._replace(where=where, span=span) for hit in _hits_of(terms))

    def _of_address(self, text: str) -> Iterator[RuleHit]:
        try:
            address: _Address = ipaddress.ip_address(text)
        except ValueError:
            return
        number, bits = int(address), address.max_prefixlen
        for (version, length), networks in self._networks.items():
            if version == address.version:
                yield from _hits_of(networks.get(number >> (bits - length) << (bits - length), ()))


def _hits_of(terms: Iterable[_Term]) -> Iterator[RuleHit]:
    return (RuleHit(*term) for term in terms)


def _words(terms: Sequence[_Term]) -> tuple[Matcher, list[_Word]]:
    patterns, words = [], []
    for term in terms:
        text = fold(term.value).text
        pieces = [piece for piece in text.strip("*").split("*") if piece]
        if not pieces:
            continue
        # `-casino` begins with a sign: it is looked for within words too, as whoever wrote it meant.
        open_left = text.startswith("*") or not pieces[0][0].isalnum()
        open_right = text.endswith("*") or not pieces[-1][-1].isalnum()
        patterns.append(Pattern(pieces[0], open_left, open_right or len(pieces) > 1))
        words.append(_Word(term, pieces[1:], open_right))
    return Matcher(patterns), words


def _end_of(text: str, end: int, pieces: Sequence[str], open_right: bool) -> int | None:
    """Return where the last of these pieces ends, each beginning in the word in which the one before ends."""
    for number, piece in enumerate(pieces, 1):
        at = _within_word(text, piece, end)
        while at is not None and number == len(pieces) and not (open_right or _word_ends(text, at + len(piece))):
            at = _within_word(text, piece, at + 1)
        if at is None:
            return None
        end = at + len(piece)
    return end


def _within_word(text: str, piece: str, start: int) -> int | None:
    space = text.find(" ", start)
    at = text.find(piece, start, (space if space >= 0 else len(text)) + len(piece))
    return at if at >= 0 else None


def _word_ends(text: str, at: int) -> bool:
    return at >= len(text) or not text[at].isalnum()


def _by_value(terms: Iterable[_Term]) -> Mapping[str, Sequence[_Term]]:
    by_value: dict[str, list[_Term]] = defaultdict(list)
    for term in terms:
        by_value[term.value].append(term)
    return dict(by_value)


def _looks_like_domain(text: str) -> bool:
    """Tell a domain (`pills.ru`, `.ru`) from a word (`buy.now`, `ru`)."""
    return "." in text and links.is_known_domain(text.removeprefix("*").removeprefix(".").lower())


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if text.endswith((".*", ".")) and set(text) <= set("0123456789.*"):
        parts = text.rstrip("*").strip(".").split(".")
        text = ".".join([*parts, *["0"] * (4 - len(parts))]) + f"/{8 * len(parts)}"
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError("is not an address or a range; write it like 192.0.2.0/24 or 2001:db8::/48") from None
