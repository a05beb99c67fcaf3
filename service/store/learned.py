"""What each site's moderators have taught its filter, as kept: a sum of lessons, in whole numbers.

Numbers are millionths, because whole numbers can be taken away again exactly, in any order and by several processes.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import structlog
from msgspec import Struct

from service.metrics import DAMAGED
from service.model import Label, Learned
from service.store.database import Database, Reader, Row, Transaction, listed

log = structlog.get_logger("gatepost")

# Each holds up to a few hundred thousand numbers, about 100 bytes each.
SITES_KEPT = 32

Delta = dict[int, tuple[int, int]]
_NOTHING = Learned(0, 0)
# In millionths. A weight of a thousand log-odds is nothing that decisions could have taught.
WEIGHT_MAX = 1_000 * 1_000_000


class Lesson(Struct, frozen=True, array_like=True):
    """What one comment taught: as what, by how much it moved each feature's weight and gradient, by whom and when."""

    label: Label
    delta: Delta
    by: str = ""
    at: int = 0

    def encoded(self) -> bytes:
        """Return the lesson as it is kept."""
        return msgspec.msgpack.encode(self)


def lesson_of(content: bytes) -> Lesson:
    """Return a kept lesson; one that cannot be read any more has taught nothing."""
    try:
        return msgspec.msgpack.decode(content, type=Lesson)
    except msgspec.DecodeError:
        _note_damage("lesson")
        return Lesson(Label.HAM, {})


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
    total: dict[int, Learned] = {}
    rows = []
    for one in changed:
        if one.had is not None:
            add(total, lesson_of(one.had), -1)
        if one.wanted is not None:
            lesson = lesson_of(one.wanted)
            add(total, lesson, +1)
            rows.append(
                {
                    "site": site,
                    "comment_id": one.comment_id,
                    "content": one.wanted,
                    "label": lesson.label.value,
                    "taught_by": lesson.by,
                    "taught_at": lesson.at,
                }
            )
    await tx.many(
        """insert into lesson (site, comment_id, content, label, taught_by, taught_at)
           values (:site, :comment_id, :content, :label, :taught_by, :taught_at)""",
        rows,
    )
    await _move(tx, site, total)


async def taught_by(reader: Reader, site: str, by: str, since: int) -> int:
    """Count the comments with which somebody has taught the filter since a time."""
    row = await reader.one(
        "select count(*) as n from lesson where site = :site and taught_by = :by and taught_at > :since",
        site=site,
        by=by,
        since=since,
    )
    return int(row["n"]) if row else 0


async def taught_with(reader: Reader, site: str, author: str, email: str | None) -> int:
    """Count the comments of one author, by name and e-mail address, with which the filter has been taught."""
    row = await reader.one(
        """select count(*) as n from comment
           join lesson on lesson.site = comment.site and lesson.comment_id = comment.id
           where comment.site = :site and comment.author = :author and coalesce(comment.email, '') = :email""",
        site=site,
        author=author,
        email=email or "",
    )
    return int(row["n"]) if row else 0


async def labels(reader: Reader, site: str) -> Mapping[Label, int]:
    """Count the comments that have taught the filter, by what they taught."""
    rows = await reader.all(
        "select label, count(*) as n from lesson where site = :site and label is not null group by label", site=site
    )
    return dict.fromkeys(Label, 0) | {Label(row["label"]): row["n"] for row in rows}


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


def _is_sane(row: Row) -> bool:
    """Tell whether a row may have been written by us: no decision moves a weight by more than half a log-odd."""
    numbers = row["weight"], row["gradient"]
    return all(isinstance(number, int) and abs(number) <= WEIGHT_MAX for number in numbers)


def _note_damage(what: str) -> None:
    DAMAGED.labels(what=what.split()[0]).inc()
    log.warning("damaged, and left out: the filter judges without it", what=what)


class LearnedCache:
    """What has been learned, in memory: only what is new is fetched; the site asked for longest ago goes first."""

    def __init__(self) -> None:
        self._sites: OrderedDict[str, tuple[int, int, dict[int, Learned]]] = OrderedDict()

    async def of(self, database: Database, site: str) -> Mapping[int, Learned]:
        """Return what this site's filter has learned; ask before the transaction that changes it, not within.

        Nothing, with a warning, while a number in it is damaged.
        """
        looked_at, seen, known = self._sites.get(site, (-1, 0, {}))
        if looked_at == database.generation:
            return known
        generation = database.generation
        rows = await database.all(
            "select feature, weight, gradient, version from learned where site = :site and version > :seen",
            site=site,
            seen=seen,
        )
        if not all(_is_sane(row) for row in rows):
            _note_damage(f"learned weights of the site {site}")
            return {}
        if rows:
            # A fresh mapping: a long comment may be judged by the earlier one in another thread just now.
            known = known | {row["feature"]: Learned(row["weight"], row["gradient"]) for row in rows}
            seen = max(row["version"] for row in rows)
        self._sites[site] = (generation, seen, known)
        self._sites.move_to_end(site)
        while len(self._sites) > SITES_KEPT:
            self._sites.popitem(last=False)
        return known
