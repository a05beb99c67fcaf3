"""How fast a database keeps comments when nothing else is done: `python -m bench.alone HOW ADDRESS SECONDS`.

`single` commits each comment by itself, 16 at a time, through the driver alone; `grouped` goes through our own queue,
64 at a time. Prints comments a second. The comments are those that the benchmark posts, with all columns and indexes.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
import uvloop

from service import clock
from service.app import open_database
from service.commands.sites import new_site
from service.model import Comment, Outcome, Signal, Status, Verdict
from service.settings import Settings
from service.store import sites
from service.store.comments import Arrival, insertion
from service.store.database import Database, Insertion

BODY = (
    "After three weeks of **massage** and a short walk every day my sciatica is nearly gone, though the leg still "
    "feels numb in the morning when I get up too fast."
)
VERDICT = Verdict(
    Outcome.HOLD, 0.0512, 0, (), (Signal("learned", -0.43, "the wording is like wanted comments: “sciatica”"),)
)

Keep = Callable[[Insertion], Awaitable[object]]


def statement(site: str = "demo") -> Insertion:
    """Return the statement that keeps one more comment."""
    comment = Comment(
        id=clock.new_id(),
        site=site,
        thread="/posted/",
        parent_id=None,
        depth=0,
        status=Status.PENDING,
        author="A reader",
        email=None,
        website=None,
        avatar="0123456789ab",
        body=BODY,
        html=f"<p>{BODY}</p>",
        created_at=clock.now(),
        verdict=VERDICT,
    )
    return insertion(comment, Arrival(comment.id, "", False, None, None, None))


@asynccontextmanager
async def one_by_one_in_sqlite(path: Path) -> AsyncIterator[Keep]:
    """Yield what keeps a comment with aiosqlite alone, durably, one commit each."""
    async with aiosqlite.connect(path) as connection:
        await connection.execute("pragma synchronous = full")
        lock = asyncio.Lock()  # one connection is one transaction at a time

        async def keep(one: Insertion) -> None:
            async with lock:
                await connection.execute(one.sql, one.parameters)
                await connection.commit()

        yield keep


@asynccontextmanager
async def one_by_one_in_postgresql(address: str) -> AsyncIterator[Keep]:
    """Yield what keeps a comment with asyncpg alone, one commit each."""
    import asyncpg

    from service.store.postgres import numbered

    pool: Any = await asyncpg.create_pool(address, min_size=16, max_size=16)

    async def keep(one: Insertion) -> None:
        sql, names = numbered(one.sql)
        async with pool.acquire() as connection:
            await connection.execute(sql, *(one.parameters[name] for name in names))

    yield keep
    await pool.close()


async def rate(keep: Keep, tasks: int, seconds: float) -> float:
    """Return how many comments a second are kept by so many tasks."""
    kept, until = 0, time.perf_counter() + seconds

    async def work() -> None:
        nonlocal kept
        while time.perf_counter() < until:
            await keep(statement())
            kept += 1

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return kept / (time.perf_counter() - began)


async def main(how: str, address: str, seconds: float) -> float:
    """Measure in a new database."""
    settings = Settings(database=address)
    database: Database = await open_database(settings)
    async with database.transaction() as tx:
        if await sites.find(tx, "demo") is None:
            await sites.add(tx, new_site("demo", ["https://bench.example"]))
        if how == "single":
            # One row and its indexes: counting it, and keeping its words for searches, is our own affair.
            on = "" if settings.embedded else " on comment"
            await tx.run(f"drop trigger if exists comment_arrives{on}")
    try:
        if how == "grouped":
            return await rate(database.write, 64, seconds)
        alone = one_by_one_in_sqlite(settings.sqlite_path) if settings.embedded else one_by_one_in_postgresql(address)
        async with alone as keep:
            return await rate(keep, 16, seconds)
    finally:
        await database.close()


if __name__ == "__main__":
    print(uvloop.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]))))
