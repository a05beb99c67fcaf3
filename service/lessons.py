"""Works out what comments teach a site's filter, beside the event loop: it takes milliseconds a comment."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence

from msgspec import Struct

from service.model import Draft, Label, Learned, Site
from service.spam.learn import teach
from service.store import learned
from service.store.database import Database, Reader
from service.store.learned import LearnedCache, Lesson, Retaught


class Prepared(Struct, frozen=True):
    """What a comment teaches as this version of it."""

    version: int
    content: bytes


async def prepare(
    reader: Reader, cache: LearnedCache, site: Site, those: Sequence[tuple[str, int, Draft]], label: Label
) -> Mapping[str, Prepared]:
    """Return what each of these (id, version, draft) would teach as `label`, by its id.

    Every one after those before it: copies of one text teach less and less.
    """
    taught = await learned.lessons(reader, site.name, [one for one, _, _ in those])
    known = await cache.of(reader, site.name)
    return await asyncio.to_thread(_lessons, site.hosts, known, those, taught, label)


async def teach_from_outside(database: Database, cache: LearnedCache, site: Site, draft: Draft, label: Label) -> None:
    """Teach a site's filter with a comment that is kept elsewhere; the last word on the same comment counts."""
    words = "\0".join([draft.author, draft.website or "", draft.body])
    key = "outside" + hashlib.blake2b(words.encode(errors="replace"), digest_size=16).hexdigest()
    prepared = await prepare(database, cache, site, [(key, 0, draft)], label)
    async with database.transaction() as tx:
        had = (await learned.lessons(tx, site.name, [key])).get(key)
        await learned.teach_anew(tx, site.name, [Retaught(key, had, prepared[key].content)])


def _lessons(
    hosts: frozenset[str],
    learned_so_far: Mapping[int, Learned],
    those: Sequence[tuple[str, int, Draft]],
    taught: Mapping[str, bytes],
    label: Label,
) -> Mapping[str, Prepared]:
    known = dict(learned_so_far)
    prepared = {}
    for comment_id, version, draft in those:
        if comment_id in taught:
            learned.add(known, learned.lesson_of(taught[comment_id]), -1)
        lesson = Lesson(label, teach(known, draft, label, hosts))
        learned.add(known, lesson, +1)
        prepared[comment_id] = Prepared(version, lesson.encoded())
    return prepared
