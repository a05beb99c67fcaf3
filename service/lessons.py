"""Works out what comments teach a site's filter, beside the event loop: it takes milliseconds a comment."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from service.clock import DAY
from service.model import Draft, Label, Learned, Site
from service.spam.learn import teach
from service.store import learned
from service.store.database import Database
from service.store.learned import LearnedCache, Lesson, Retaught

# So many decisions of one moderator a day, and so many comments of one author, teach in full; the next ones less and
# less, the thousandth of a day a fifth: whoever makes very many cannot turn the filter alone.
BY_ONE_A_DAY = 200
OF_ONE_AUTHOR = 50


class Prepared(Struct, frozen=True):
    """What a comment teaches as this version of it."""

    version: int
    content: bytes


class Teacher(Struct, frozen=True):
    """Who teaches, and when."""

    by: str
    at: int


class _Shares(Struct, frozen=True):
    """How much has been taught already: by this teacher within a day, and with each author's comments."""

    by_teacher: int
    with_author: Counter[tuple[str, str | None]]


async def prepare(
    database: Database,
    cache: LearnedCache,
    site: Site,
    those: Sequence[tuple[str, int, Draft]],
    label: Label,
    teacher: Teacher,
) -> Mapping[str, Prepared]:
    """Return what each of these (id, version, draft) would teach as `label`, by its id.

    Every one after those before it: copies of one text teach less and less.
    """
    taught = await learned.lessons(database, site.name, [one for one, _, _ in those])
    known = await cache.of(database, site.name)
    by_teacher = await learned.taught_by(database, site.name, teacher.by, teacher.at - DAY)
    with_author = Counter(
        {
            (author, email): await learned.taught_with(database, site.name, author, email)
            for author, email in {(draft.author, draft.email) for _, _, draft in those}
        }
    )
    shares = _Shares(by_teacher, with_author)
    return await asyncio.to_thread(_lessons, site.hosts, known, those, taught, label, teacher, shares)


async def teach_from_outside(
    database: Database, cache: LearnedCache, site: Site, draft: Draft, label: Label, teacher: Teacher
) -> None:
    """Teach a site's filter with a comment that is kept elsewhere; the last word on the same comment counts."""
    words = "\0".join([draft.author, draft.website or "", draft.body])
    key = "outside" + hashlib.blake2b(words.encode(errors="replace"), digest_size=16).hexdigest()
    prepared = await prepare(database, cache, site, [(key, 0, draft)], label, teacher)
    async with database.transaction(site.name) as tx:
        had = (await learned.lessons(tx, site.name, [key])).get(key)
        await learned.teach_anew(tx, site.name, [Retaught(key, had, prepared[key].content)])


def _lessons(
    hosts: frozenset[str],
    learned_so_far: Mapping[int, Learned],
    those: Sequence[tuple[str, int, Draft]],
    taught: Mapping[str, bytes],
    label: Label,
    teacher: Teacher,
    shares: _Shares,
) -> Mapping[str, Prepared]:
    known = dict(learned_so_far)
    with_author = Counter(shares.with_author)
    prepared = {}
    for number, (comment_id, version, draft) in enumerate(those, shares.by_teacher + 1):
        if comment_id in taught:
            learned.add(known, learned.lesson_of(taught[comment_id]), -1)
        author = draft.author, draft.email
        with_author[author] += 1
        share = min(1.0, BY_ONE_A_DAY / number, OF_ONE_AUTHOR / with_author[author])
        lesson = Lesson(label, teach(known, draft, label, hosts, share=share), teacher.by, teacher.at)
        learned.add(known, lesson, +1)
        prepared[comment_id] = Prepared(version, lesson.encoded())
    return prepared
