"""What each site's moderators have taught its filter, as kept: a sum of lessons, in whole numbers.

Numbers are millionths, because whole numbers can be taken away again exactly, in any order and by several processes.
"""

from collections import OrderedDict
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from service.model import Label, Learned
from service.store.database import Reader, Transaction

# Each holds up to a few hundred thousand numbers, about 100 bytes each.
SITES_KEPT = 32

Delta = dict[int, tuple[int, int]]


class Lesson(Struct, frozen=True, array_like=True):
    """What one comment taught: as what, and by how much it moved each feature's weight and gradient."""

    label: Label
    delta: Delta

    def encoded(self) -> bytes:
        """Return the lesson as it is kept."""
        return msgspec.msgpack.encode(self)


def lesson_of(content: bytes) -> Lesson:
    """Return a kept lesson."""
    return msgspec.msgpack.decode(content, type=Lesson)


async def lesson(reader: Reader, site: str, comment_id: str) -> bytes | None:
    """Return what the filter has been taught with this comment."""
    row = await reader.one(
        "select content from lesson where site = :site and comment_id = :comment_id", site=site, comment_id=comment_id
    )
    return row["content"] if row else None


async def set_lesson(tx: Transaction, site: str, comment_id: str, wanted: bytes | None) -> None:
    """Let the filter have been taught with this comment just so: what it taught before is taken away first."""
    had = await lesson(tx, site, comment_id)
    if had == wanted:
        return
    if had is not None:
        await tx.run(
            "delete from lesson where site = :site and comment_id = :comment_id", site=site, comment_id=comment_id
        )
        await _move(tx, site, lesson_of(had).delta, -1)
    if wanted is not None:
        await tx.run(
            "insert into lesson (site, comment_id, content) values (:site, :comment_id, :content)",
            site=site,
            comment_id=comment_id,
            content=wanted,
        )
        await _move(tx, site, lesson_of(wanted).delta, +1)


async def _move(tx: Transaction, site: str, delta: Delta, sign: int) -> None:
    row = await tx.one("select coalesce(max(version), 0) + 1 as next from learned where site = :site", site=site)
    version = row["next"] if row else 1
    await tx.many(
        """insert into learned (site, feature, weight, gradient, version)
           values (:site, :feature, :weight, :gradient, :version)
           on conflict (site, feature) do update set weight = learned.weight + excluded.weight,
               gradient = learned.gradient + excluded.gradient, version = excluded.version""",
        [
            {"site": site, "feature": feature, "weight": sign * weight, "gradient": sign * gradient, "version": version}
            for feature, (weight, gradient) in delta.items()
        ],
    )


class LearnedCache:
    """What has been learned, in memory: only what is new is fetched; the site asked for longest ago goes first."""

    def __init__(self) -> None:
        self._sites: OrderedDict[str, tuple[int, dict[int, Learned]]] = OrderedDict()

    async def of(self, reader: Reader, site: str) -> Mapping[int, Learned]:
        """Return what this site's filter has learned; ask before the transaction that changes it, not within."""
        seen, known = self._sites.get(site, (0, {}))
        rows = await reader.all(
            "select feature, weight, gradient, version from learned where site = :site and version > :seen",
            site=site,
            seen=seen,
        )
        if rows:
            # A fresh mapping: a long comment may be judged by the earlier one in another thread just now.
            known = known | {row["feature"]: Learned(row["weight"], row["gradient"]) for row in rows}
            seen = max(row["version"] for row in rows)
        self._sites[site] = (seen, known)
        self._sites.move_to_end(site)
        while len(self._sites) > SITES_KEPT:
            self._sites.popitem(last=False)
        return known
