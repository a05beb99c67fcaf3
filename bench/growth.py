"""What the work costs with a thousand, a hundred thousand and a million comments: the store alone, without HTTP.

A site's comments come over the years: at any time people write under some twenty pages, so a thread's comments lie
scattered among those of others. One in twenty waits, and one thread has a tenth of them all.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

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
from service.store.comments import Arrival
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
# Filled so many at a time, and measured so often.
AT_ONCE = 5_000
TIMES = 200


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


async def microseconds(work: Callable[[], Awaitable[object]], times: int = TIMES) -> float:
    """Return the median time of doing something, one after the other."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1e6


async def costs(database: Database, size: int) -> dict[str, float]:
    """Return what each kind of work takes, in µs."""
    site = await sites.get(database, SITE)
    choose = Random(size)
    memory = Memory(database, LearnedCache(), RuleBooks(), Recent(clock.now))
    desk = Desk(database, memory, Keys("a secret of the benchmark"), clock.now, clock.new_id, Outbound())
    bodies = texts(size)

    def some_thread() -> str:
        return thread_of(10 * choose.randrange(size // 10) + 1)

    async def page() -> object:
        return await threads.read(database, site, some_thread(), Sort.OLDEST, THREAD_OF, None)

    async def counts() -> object:
        return await kept_threads.counts(database.quick, SITE, [some_thread() for _ in range(20)])

    async def queue() -> object:
        return await queue_page(database, SITE, Filter(status=Status.PENDING), False, THREAD_OF, None)

    async def search() -> object:
        wanted = Filter(q=f"number{choose.randrange(size)}")
        return await queue_page(database, SITE, wanted, True, THREAD_OF, None)

    async def post() -> object:
        return await submit(desk, site, Draft("/posted/", "A reader", next(bodies), email="reader7@example.org"))

    await page(), await queue(), await post()
    return {
        "a page of 50": await microseconds(page),
        "counts of 20 threads": await microseconds(counts),
        "the queue": await microseconds(queue),
        "a search": await microseconds(search, TIMES // 4),
        "a comment posted": await microseconds(post),
        "page by page, first pages": await microseconds(_walk(database, site, 0)),
        "page by page, last pages": await microseconds(_walk(database, site, size // BIG_EVERY)),
    }


def _walk(database: Database, site: Site, start: int) -> Callable[[], Awaitable[object]]:
    """Return what reads one page of the big thread after the other, from about this comment of it on."""
    state: dict[str, Any] = {}

    async def step() -> object:
        if "after" not in state or state["after"] is None:
            state["after"] = await _cursor_at(database, max(0, start - TIMES * 20)) if start else None
        _, page = await threads.read(database, site, BIG, Sort.OLDEST, THREAD_OF, state["after"])
        state["after"] = threads.decode_cursor(page.next) if page.next else None
        return page

    return step


async def _cursor_at(database: Database, place: int) -> comments.Cursor | None:
    row = await database.one(
        """select created_at, id from comment where site = :site and thread = :key and status = 'approved'
           order by created_at, id limit 1 offset :place""",
        site=SITE,
        key=BIG,
        place=place,
    )
    return comments.Cursor(row["created_at"], row["id"]) if row else None


async def run(address: str, sizes: tuple[int, ...]) -> dict[int, dict[str, float]]:
    """Fill a new database step by step and return the costs at each size."""
    database = await open_database(Settings(database=address))
    found, filled = {}, 0
    try:
        async with database.transaction() as tx:
            await sites.add(tx, new_site(SITE, ["https://bench.example"]))
        for size in sizes:
            await fill(database, filled, size)
            await database.quick.all("select 1")
            filled = size
            found[size] = await costs(database, size)
    finally:
        await database.close()
    return found


if __name__ == "__main__":
    import sys
    import tempfile

    wanted = tuple(map(int, sys.argv[1].split(","))) if len(sys.argv) > 1 else SIZES
    with tempfile.TemporaryDirectory() as folder:
        address = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder)}/growth.db"
        print(msgspec.json.encode({str(size): row for size, row in asyncio.run(run(address, wanted)).items()}).decode())
