"""Looks at a draft as a whole: gathers what the checks may know, runs them all, and gives the verdict.

One way for a new comment, an edit, a trial by `gatepost check` and the check that the API offers.
"""

import asyncio
import hashlib

from msgspec import Struct

from service import checks, verdict
from service.metrics import CHECKS_FAILED
from service.model import Draft, Facts, Site, Verdict
from service.store import comments
from service.store.database import Reader
from service.store.learned import LearnedCache
from service.text.fold import fold
from service.text.markdown import to_html

# From this many characters on a draft is looked at in another thread: 10,000 hostile ones may take 100 ms to render.
LONG = 2_000


class Judged(Struct, frozen=True):
    """A draft's verdict, its safe HTML, and the hash by which the same text is found again."""

    verdict: Verdict
    html: str
    body_hash: str


def body_hash(body: str) -> str:
    """Return a hash that is the same for the same words, whatever the case, spacing or disguise."""
    return hashlib.blake2b(" ".join(fold(body).text.split()).encode(), digest_size=16).hexdigest()


async def gather(
    reader: Reader, learned: LearnedCache, site: Site, draft: Draft, but: str | None = None
) -> tuple[Facts, str]:
    """Fetch what the checks may know, and return it with the body's hash. `but` is a comment not to compare with."""
    hashed = body_hash(draft.body)
    same_text = await comments.count_same_text(reader, site.name, hashed, but)
    return Facts(site.hosts, same_text, await learned.of(reader, site.name)), hashed


def look(draft: Draft, facts: Facts, site: Site) -> Verdict:
    """Run every check and decide by the site's policy."""
    signals = checks.signals(draft, facts, on_failure=lambda name: CHECKS_FAILED.labels(check=name).inc())
    return verdict.decide(signals, site.policy)


async def judge(reader: Reader, learned: LearnedCache, site: Site, draft: Draft, but: str | None = None) -> Judged:
    """Judge a draft and render it; nothing is stored."""
    facts, hashed = await gather(reader, learned, site, draft, but)

    def work() -> Judged:
        return Judged(look(draft, facts, site), to_html(draft.body), hashed)

    return await asyncio.to_thread(work) if len(draft.body) > LONG else work()
