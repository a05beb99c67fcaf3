"""Looks at a draft as a whole: gathers what the checks may know, runs them all, and gives the verdict.

One way for a new comment, an edit, a trial by `gatepost check` and the check that the API offers.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from msgspec import Struct
from msgspec.structs import replace

from service import checks, remote, verdict
from service.metrics import CHECKS_FAILED
from service.model import Author, Draft, Facts, Site, Verdict
from service.outbound import Outbound
from service.recent import Recent
from service.store import comments
from service.store.database import Database, Reader
from service.store.learned import LearnedCache
from service.store.rules import RuleBooks
from service.text.fold import fold
from service.text.links import hosts_named
from service.text.markdown import to_html

T = TypeVar("T")
log = structlog.get_logger("gatepost")

# From this many characters on a draft is looked at in another thread: 10,000 hostile ones may take 100 ms to render.
LONG = 2_000
# What writers are told of before they send, where a site wants it; of the others they shall not learn how to get by.
WARNED_OF = ("profanity", "contact", "shouting")


class Memory(Struct, frozen=True):
    """What judging remembers: the comments, what each site's filter has learned, its rules, and what came lately."""

    database: Database
    learned: LearnedCache
    rules: RuleBooks
    recent: Recent


class Warning(Struct, frozen=True):
    """Something that a writer may want to change: which check minds it, and the words that it is about."""

    check: str
    words: tuple[str, ...]


class Judged(Struct, frozen=True):
    """A draft's verdict, its safe HTML, the hash by which the same text is found again, and where it links to."""

    verdict: Verdict
    html: str
    body_hash: str
    hosts: str


def body_hash(body: str) -> str:
    """Return a hash that is the same for the same words, whatever the case, spacing or disguise."""
    return hashlib.blake2b(" ".join(fold(body).text.split()).encode(), digest_size=16).hexdigest()


async def gather(memory: Memory, site: Site, draft: Draft, but: str | None = None) -> tuple[Facts, str]:
    """Fetch what the checks may know, and return it with the body's hash. `but` is a comment not to compare with."""
    book = await memory.rules.of(memory.database, site)
    learned = await memory.learned.of(memory.database, site.name)
    author = await _author(memory.database.quick, site, draft)

    def work(body: str) -> Facts:
        return Facts(
            hosts=site.hosts,
            references=book.allowed_domains,
            languages=site.policy.languages,
            tiers=site.policy.tiers,
            rules=book.hits(draft),
            author=author,
            near_copies=0 if but else memory.recent.near_copies(body),
            from_there=0 if but else memory.recent.from_there(draft.address),
            learned=learned,
        )

    facts = await _aside(draft.body, work)
    hashed = await _aside(draft.body, body_hash)
    same_text = await comments.count_same_text(memory.database.quick, site.name, hashed, but)
    return replace(facts, same_text=same_text), hashed


async def _author(reader: Reader, site: Site, draft: Draft) -> Author:
    if not draft.email:
        return Author()
    approved, spam = await comments.count_by_email(reader, site.name, draft.email)
    return Author(approved, spam, trusted=approved >= site.policy.known_after and not spam)


def look(draft: Draft, facts: Facts, site: Site) -> Verdict:
    """Run every check and decide by the site's policy."""
    return verdict.decide(checks.signals(draft, facts, on_failure=_note_failure), site.policy)


def _note_failure(check: str) -> None:
    CHECKS_FAILED.labels(check=check).inc()
    log.exception("a check failed", check=check)


async def judge(memory: Memory, site: Site, draft: Draft, but: str | None = None) -> Judged:
    """Judge a draft and render it; nothing is stored."""
    facts, hashed = await gather(memory, site, draft, but)

    def work(body: str) -> Judged:
        return Judged(look(draft, facts, site), to_html(body), hashed, hosts_named(body, draft.website))

    return await _aside(draft.body, work)


async def judge_with_others(
    memory: Memory, outbound: Outbound, site: Site, draft: Draft, but: str | None = None
) -> Judged:
    """Judge a draft like `judge`, and ask those whom the site's owner lets us ask besides."""
    judged = await judge(memory, site, draft, but)
    heard = await remote.ask(outbound, site, draft, judged.verdict)
    if not heard:
        return judged
    return replace(judged, verdict=verdict.decide((*judged.verdict.signals, *heard), site.policy))


async def render(body: str) -> str:
    """Return a text as safe HTML, as it would be kept."""
    return await _aside(body, to_html)


async def warnings(body: str, site: Site) -> Sequence[Warning]:
    """Return what a moderator of this site may mind in a text, for its writer to look at once more."""

    def work(text: str) -> Sequence[Warning]:
        draft, facts = Draft("", "", text), Facts(site.hosts, tiers=site.policy.tiers)
        found = [(signal.check, signal.spans) for signal in checks.signals(draft, facts) if signal.check in WARNED_OF]
        return [Warning(check, tuple(dict.fromkeys(text[start:end] for start, end in spans))) for check, spans in found]

    return await _aside(body, work)


async def _aside(body: str, work: Callable[[str], T]) -> T:
    """Work on a text: at once on a short one, in another thread on a long one, so that nobody else waits for it."""
    return await asyncio.to_thread(work, body) if len(body) > LONG else work(body)
