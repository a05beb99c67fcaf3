"""Readers have a say: they vote for and against comments, and report those that a moderator should look at."""

from service.errors import Forbidden, NotFound
from service.model import Comment, Site, Status, Thread
from service.store import comments, reactions, threads
from service.store.database import Database, Transaction


async def vote(database: Database, site: Site, comment_id: str, place: str, value: int, now: int) -> int:
    """Count a network's vote, 1, -1 or 0 for none, in place of its earlier one; return the comment's votes.

    Raises NotFound where readers see no such comment, and Forbidden where the site takes no votes.
    """
    if not site.policy.votes:
        raise Forbidden("there is no voting on this site")
    async with database.transaction(site.name) as tx:
        comment = await _shown(tx, site, comment_id)
        more = await reactions.vote(tx, site.name, comment_id, place, value)
        if more:
            await threads.changed(tx, site.name, Thread(comment.thread), 0, now)
    return comment.votes + more


async def report(database: Database, site: Site, comment_id: str, place: str, reason: str | None, now: int) -> None:
    """Keep a network's report of a comment, once. Raises NotFound where readers see no such comment."""
    async with database.transaction(site.name) as tx:
        await _shown(tx, site, comment_id)
        await reactions.report(tx, site.name, comment_id, place, reason, now)


async def _shown(tx: Transaction, site: Site, comment_id: str) -> Comment:
    comment = await comments.get(tx, site.name, comment_id)
    if comment.status is not Status.APPROVED:
        raise NotFound("there is no such comment")
    return comment
