"""The list of remote checks: whom else a site's owner may let us ask about a comment. Off by default, all of them.

They are asked together, after our own checks and before the comment is kept, and get `LIMIT` seconds. One that fails
gives no signal that counts; a note holds the comment for a person, so that nothing is published because of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import structlog

from service.checks import CHECK_FAILED
from service.metrics import REMOTE_FAILED
from service.model import Draft, Label, Signal, Site, Verdict
from service.outbound import Outbound, OutboundError
from service.policy import Policy
from service.remote import akismet, hook

# In seconds, for a whole exchange: readers wait for it when they send a comment.
LIMIT = 3.0

log = structlog.get_logger("gatepost")


class Remote(NamedTuple):
    """One line of the list: its name, whether a policy wants it, and how to ask."""

    name: str
    wanted: Callable[[Policy], bool]
    ask: Callable[[Outbound, Site, Draft, Verdict, float], Awaitable[Sequence[Signal]]]


REMOTES: tuple[Remote, ...] = (
    Remote("akismet", lambda policy: bool(policy.akismet_key), akismet.ask),
    Remote("hook", lambda policy: bool(policy.hook_url), hook.ask),
)


async def ask(outbound: Outbound, site: Site, draft: Draft, verdict: Verdict) -> tuple[Signal, ...]:
    """Return what the others that this site wants to ask say of a draft; `verdict` is our own so far."""
    wanted = [remote for remote in REMOTES if remote.wanted(site.policy)]
    heard = await asyncio.gather(*(_ask(remote, outbound, site, draft, verdict) for remote in wanted))
    return tuple(signal for signals in heard for signal in signals)


async def _ask(remote: Remote, outbound: Outbound, site: Site, draft: Draft, verdict: Verdict) -> Sequence[Signal]:
    try:
        return await remote.ask(outbound, site, draft, verdict, LIMIT)
    except OutboundError as error:
        _note_failure(remote.name, site, error)
        return [Signal(CHECK_FAILED, 0, f"«{remote.name}» could not be asked; a person should look")]


def report(outbound: Outbound, site: Site, label: Label, decided: Sequence[tuple[Draft, Verdict]]) -> None:
    """Tell Akismet, where it is asked, what moderators decided otherwise than it; without waiting for its answer."""
    wrong = [draft for draft, verdict in decided if akismet.was_wrong(verdict, label)]
    if site.policy.akismet_key and wrong:
        outbound.soon(_report(outbound, site, label, wrong))


async def _report(outbound: Outbound, site: Site, label: Label, drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        try:
            await akismet.report(outbound, site, draft, label, LIMIT)
        except OutboundError as error:
            _note_failure("akismet", site, error)


def _note_failure(name: str, site: Site, error: OutboundError) -> None:
    REMOTE_FAILED.labels(remote=name).inc()
    log.warning("a remote check failed", remote=name, site=site.name, why=str(error))
