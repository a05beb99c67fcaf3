"""What readers say of comments, as kept: one vote and one report of each comment from each network."""

from service.store.database import Transaction


async def vote(tx: Transaction, site: str, comment_id: str, place: str, value: int) -> int:
    """Keep a network's vote in place of its earlier one, 0 for none; return by how much the sum of votes changes."""
    named = {"site": site, "comment_id": comment_id, "place": place}
    row = await tx.one(
        "select value from vote where site = :site and comment_id = :comment_id and place = :place", **named
    )
    before = int(row["value"]) if row else 0
    if value == before:
        return 0
    if value:
        await tx.run(
            """insert into vote (site, comment_id, place, value) values (:site, :comment_id, :place, :value)
               on conflict (site, comment_id, place) do update set value = excluded.value""",
            **named,
            value=value,
        )
    else:
        await tx.run("delete from vote where site = :site and comment_id = :comment_id and place = :place", **named)
    await tx.run(
        "update comment set votes = votes + :more where site = :site and id = :comment_id",
        site=site,
        comment_id=comment_id,
        more=value - before,
    )
    return value - before


async def report(tx: Transaction, site: str, comment_id: str, place: str, reason: str | None, now: int) -> None:
    """Keep a network's report and count it; a second one of the same comment changes nothing."""
    new = await tx.run(
        """insert into report (site, comment_id, place, reason, created_at)
           values (:site, :comment_id, :place, :reason, :now) on conflict (site, comment_id, place) do nothing""",
        site=site,
        comment_id=comment_id,
        place=place,
        reason=reason,
        now=now,
    )
    if new:
        await tx.run(
            "update comment set reports = reports + 1 where site = :site and id = :comment_id",
            site=site,
            comment_id=comment_id,
        )


async def forget(tx: Transaction, site: str, comment_id: str) -> None:
    """Drop what was said of a comment that its author has deleted: a reason may quote it."""
    for table in ("vote", "report"):
        await tx.run(
            f"delete from {table} where site = :site and comment_id = :comment_id", site=site, comment_id=comment_id
        )
