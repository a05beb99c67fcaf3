"""What each site's moderators have taught its filter, as kept: a sum of lessons, in whole numbers.

Numbers are millionths, because whole numbers can be taken away again exactly, in any order and by several processes.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from service.model import Label, Learned
from service.store.database import Reader, Transaction, listed

# Each holds up to a few hundred thousand numbers, about 100 bytes each.
SITES_KEPT = 32

Delta = dict[int, tuple[int, int]]
_NOTHING = Learned(0, 0)


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


async def lessons(reader: Reader, site: str, comment_ids: Sequence[str]) -> Mapping[str, bytes]:
    """Return what the filter has been taught with each of these comments, where it has."""
    those, named = listed(comment_ids)
    rows = await reader.all(
        f"select comment_id, content from lesson where site = :site and comment_id in {those}", site=site, **named
    )
    return {row["comment_id"]: row["content"] for row in rows}


class Retaught(NamedTuple):
    """What a comment had taught so far, and what it shall have taught from now on."""

    comment_id: str
    had: bytes | None
    wanted: bytes | None


async def teach_anew(tx: Transaction, site: str, retaught: Iterable[Retaught]) -> None:
    """Let these comments have taught the filter just so.

    The lessons are added up first: two comments share most of their features, and a row written twice holds the
    other writers up twice.
    """
    changed = [one for one in retaught if one.had != one.wanted]
    await tx.many(
        "delete from lesson where site = :site and comment_id = :comment_id",
        [{"site": site, "comment_id": one.comment_id} for one in changed if one.had is not None],
    )
    await tx.many(
        "insert into lesson (site, comment_id, content) values (:site, :comment_id, :content)",
        [{"site": site, "comment_id": one.comment_id, "content": one.wanted} for one in changed if one.wanted],
    )
    total: dict[int, Learned] = {}
    for one in changed:
        if one.had is not None:
            add(total, lesson_of(one.had), -1)
        if one.wanted is not None:
            add(total, lesson_of(one.wanted), +1)
    await _move(tx, site, total)


def add(known: dict[int, Learned], lesson: Lesson, sign: int) -> None:
    """Add a lesson to what is known, or with the sign -1 take it away."""
    for feature, (weight, gradient) in lesson.delta.items():
        had_weight, had_gradient = known.get(feature, _NOTHING)
        known[feature] = Learned(had_weight + sign * weight, had_gradient + sign * gradient)


async def _move(tx: Transaction, site: str, by: Mapping[int, Learned]) -> None:
    row = await tx.one("select coalesce(max(version), 0) + 1 as next from learned where site = :site", site=site)
    version = row["next"] if row else 1
    await tx.many(
        """insert into learned (site, feature, weight, gradient, version)
           values (:site, :feature, :weight, :gradient, :version)
           on conflict (site, feature) do update set weight = learned.weight + excluded.weight,
               gradient = learned.gradient + excluded.gradient, version = excluded.version""",
        [
            {"site": site, "feature": feature, "weight": step.weight, "gradient": step.gradient, "version": version}
            for feature, step in by.items()
            if step != _NOTHING
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
