"""What the work costs with a thousand, a hundred thousand and a million comments: the store alone, without HTTP.

A site's comments come over the years: at any time people write under some twenty pages, so a thread's comments lie
scattered among those of others. One in twenty waits, and one thread has a tenth of them all.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from random import Random

import msgspec

from bench.drafts import texts
from service import clock, threads
from service.app import open_database
from service.commands.sites import new_site
from service.judge import Memory
from service.keys import Keys
from service.model import Comment, Draft, Outcome, Signal, Site, Sort, Status, Thread, Verdict
from service.outbound import Outbound
from service.recent import Recent
from service.settings import Settings
from service.store import comments, sites
from service.store import threads as kept_threads
from service.store.comments import Arrival, Cursor
from service.store.database import Database
from service.store.learned import LearnedCache
from service.store.queue import Filter
from service.store.rules import RuleBooks
from service.submit import Desk, submit
from service.web.moderation import queue_page

SIZES = (1_000, 100_000, 1_000_000)
THREAD_OF = 50
ACTIVE = 20
BIG = "/the-big-one/"
BIG_EVERY = 10
SITE = "demo"
_STATUSES = [Status.APPROVED] * 16 + [Status.PENDING, Status.SPAM, Status.REJECTED, Status.APPROVED]
_VERDICT = Verdict(
    Outcome.HOLD, 0.0512, 0, (), (Signal("learned", -0.43, "the wording is like wanted comments: “sciatica”"),)
)
# Filled so many at a time; measured so often, one size after the other, in so many rounds.
AT_ONCE = 5_000
TIMES, ROUNDS = 60, 5


def thread_of(number: int) -> str:
    """Return the thread of the comment with this number."""
    if number % BIG_EVERY == 0:
        return BIG
    block, place = divmod(number, ACTIVE * THREAD_OF)
    return f"/{block}/{place % ACTIVE}/"


def _rows(first: int, last: int, began: int) -> Iterator[Comment]:
    bodies = texts(first)
    for number in range(first, last):
        at = began + number * clock.SECOND
        status = _STATUSES[number % 19 % len(_STATUSES)]
        body = f"{next(bodies)} (number{number})"
        yield Comment(
            id=f"{at // 1_000:012x}{number:020x}",
            site=SITE,
            thread=thread_of(number),
            parent_id=None,
            depth=0,
            status=status,
            author=f"Reader {number % 5_000}",
            email=f"reader{number % 5_000}@example.org" if number % 2 else None,
            website=None,
            avatar=f"{number % 5_000:012x}",
            body=body,
            html=f"<p>{body}</p>",
            created_at=at,
            verdict=_VERDICT,
        )


async def fill(database: Database, first: int, last: int) -> None:
    """Keep the comments with these numbers, and what belongs to them."""
    began = clock.now() - 2 * last * clock.SECOND
    rows = _rows(first, last, began)
    while chunk := list(islice(rows, AT_ONCE)):
        async with database.transaction(SITE) as tx:
            kept = [comments.insertion(one, Arrival(one.id, "", False, None, None, None)) for one in chunk]
            await tx.many(kept[0].sql, [one.parameters for one in kept])
            approved: dict[str, int] = {}
            for one in chunk:
                approved[one.thread] = approved.get(one.thread, 0) + (one.status is Status.APPROVED)
            for key, count in approved.items():
                if count:
                    await kept_threads.changed(tx, SITE, Thread(key), count, clock.now())


def fill_file(address: str, size: int) -> None:
    """Put so many comments into a database that has the site already."""

    async def work() -> None:
        database = await open_database(Settings(database=address))
        await fill(database, 0, size)
        await database.close()

    asyncio.run(work())


class Filled:
    """A database with so many comments, and the work that is measured on it."""

    def __init__(self, database: Database, size: int, site: Site, places: Sequence[Cursor]) -> None:
        self._database = database
        self._site = site
        self._places = places
        self._size = size
        self._choose = Random(size)
        self._bodies = texts(size)
        memory = Memory(database, LearnedCache(), RuleBooks(), Recent(clock.now))
        self._desk = Desk(database, memory, Keys("a secret of the benchmark"), clock.now, clock.new_id, Outbound())
        self.works: Mapping[str, Callable[[], Awaitable[object]]] = {
            "a page of a thread": self.page,
            "a page of the longest": self.page_of_longest,
            "counts of 20 threads": self.counts,
            "the queue": self.queue,
            "a search": self.search,
            "a comment posted": self.post,
        }
        self.took: dict[str, list[float]] = {name: [] for name in self.works}

    @classmethod
    async def make(cls, address: str, size: int) -> "Filled":
        """Make a database and fill it."""
        database = await open_database(Settings(database=address))
        async with database.transaction() as tx:
            await sites.add(tx, new_site(SITE, ["https://bench.example"]))
        await fill(database, 0, size)
        rows = await database.all(
            "select created_at, id from comment where site = :site and thread = :key and status = 'approved'",
            site=SITE,
            key=BIG,
        )
        places = [Cursor(row["created_at"], row["id"]) for row in rows]
        return cls(database, size, await sites.get(database, SITE), places)

    def some_thread(self) -> str:
        """Return one of the threads but the longest."""
        return thread_of(BIG_EVERY * self._choose.randrange(self._size // BIG_EVERY) + 1)

    async def page(self) -> object:
        """Read the first page of a thread."""
        return await threads.read(self._database, self._site, self.some_thread(), Sort.OLDEST, THREAD_OF, None)

    async def page_of_longest(self) -> object:
        """Read a page anywhere in the longest thread."""
        place = self._choose.choice(self._places)
        return await threads.read(self._database, self._site, BIG, Sort.NEWEST, THREAD_OF, place)

    async def counts(self) -> object:
        """Count the comments of 20 threads."""
        return await kept_threads.counts(self._database.quick, SITE, [self.some_thread() for _ in range(20)])

    async def queue(self) -> object:
        """Look at what waits."""
        return await queue_page(self._database, SITE, Filter(status=Status.PENDING), False, THREAD_OF, None)

    async def search(self) -> object:
        """Search for a word that one comment has."""
        wanted = Filter(q=f"number{self._choose.randrange(self._size)}")
        return await queue_page(self._database, SITE, wanted, True, THREAD_OF, None)

    async def post(self) -> object:
        """Post a comment."""
        draft = Draft("/posted/", "A reader", next(self._bodies), email="reader7@example.org")
        return await submit(self._desk, self._site, draft)

    async def measure(self) -> None:
        """Do each kind of work for a while and note how long it took, in µs."""
        for name, work in self.works.items():
            for _ in range(TIMES):
                began = time.perf_counter()
                await work()
                self.took[name].append((time.perf_counter() - began) * 1e6)

    async def close(self) -> None:
        """Close the database."""
        await self._database.close()


async def run(folder: Path, sizes: Sequence[int]) -> dict[int, dict[str, float]]:
    """Fill a database of each size, and return the median of what each kind of work takes, in µs."""
    filled = [await Filled.make(f"sqlite:///{folder}/growth-{size}.db", size) for size in sizes]
    for _ in range(ROUNDS):
        for one in filled:
            await one.measure()
    for one in filled:
        await one.close()
    return {
        size: {name: statistics.median(took) for name, took in one.took.items()}
        for size, one in zip(sizes, filled, strict=True)
    }


if __name__ == "__main__":
    import sys
    import tempfile

    wanted = tuple(map(int, sys.argv[1].split(","))) if len(sys.argv) > 1 else SIZES
    with tempfile.TemporaryDirectory() as folder:
        print(msgspec.json.encode(asyncio.run(run(Path(folder), wanted))).decode())
