"""Looks at a draft as a whole: gathers what the checks may know, runs them all, and gives the verdict.

One way for a new comment, an edit, a trial by `gatepost check` and the check that the API offers.
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import TypeVar

import structlog
from msgspec import Struct

from service import checks, verdict
from service.metrics import CHECKS_FAILED
from service.model import Draft, Facts, Site, Verdict
from service.store import comments
from service.store.database import Reader
from service.store.learned import LearnedCache
from service.text.fold import fold
from service.text.links import hosts_named
from service.text.markdown import to_html

T = TypeVar("T")
log = structlog.get_logger("gatepost")

# From this many characters on a draft is looked at in another thread: 10,000 hostile ones may take 100 ms to render.
LONG = 2_000


class Judged(Struct, frozen=True):
    """A draft's verdict, its safe HTML, the hash by which the same text is found again, and where it links to."""

    verdict: Verdict
    html: str
    body_hash: str
    hosts: str


def body_hash(body: str) -> str:
    """Return a hash that is the same for the same words, whatever the case, spacing or disguise."""
    return hashlib.blake2b(" ".join(fold(body).text.split()).encode(), digest_size=16).hexdigest()


async def gather(
    reader: Reader, learned: LearnedCache, site: Site, draft: Draft, but: str | None = None
) -> tuple[Facts, str]:
    """Fetch what the checks may know, and return it with the body's hash. `but` is a comment not to compare with."""
    hashed = await _aside(draft.body, body_hash)
    same_text = await comments.count_same_text(reader, site.name, hashed, but)
    return Facts(site.hosts, site.policy.tiers, same_text, await learned.of(reader, site.name)), hashed


def look(draft: Draft, facts: Facts, site: Site) -> Verdict:
    """Run every check and decide by the site's policy."""
    return verdict.decide(checks.signals(draft, facts, on_failure=_note_failure), site.policy)


def _note_failure(check: str) -> None:
    CHECKS_FAILED.labels(check=check).inc()
    log.exception("a check failed", check=check)


async def judge(reader: Reader, learned: LearnedCache, site: Site, draft: Draft, but: str | None = None) -> Judged:
    """Judge a draft and render it; nothing is stored."""
    facts, hashed = await gather(reader, learned, site, draft, but)

    def work(body: str) -> Judged:
        return Judged(look(draft, facts, site), to_html(body), hashed, hosts_named(body, draft.website))

    return await _aside(draft.body, work)


async def render(body: str) -> str:
    """Return a text as safe HTML, as it would be kept."""
    return await _aside(body, to_html)


async def _aside(body: str, work: Callable[[str], T]) -> T:
    """Work on a text: at once on a short one, in another thread on a long one, so that nobody else waits for it."""
    return await asyncio.to_thread(work, body) if len(body) > LONG else work(body)
