"""How often something was done from one place, as kept: one number each, and one statement that looks and counts."""

from service.model import Rate
from service.store.database import Database, Statement

_COUNT = """
    insert into rate (doing, place, free_at) values (:doing, :place, :until)
    on conflict (doing, place) do update set
        free_at = case when rate.free_at > :now then rate.free_at else :now end + :step
    where rate.free_at <= :latest"""


async def count(database: Database, doing: str, place: str, rate: Rate, now: int) -> bool:
    """Count one more time, and return True; or return False if it is one too many, and count nothing.

    After a quiet time `rate.requests` may come at once, and from then on one in every `period / requests`
    (the generic cell rate algorithm of ATM, as a leaky bucket).
    """
    step = rate.period // rate.requests
    values = {"doing": doing, "place": place, "now": now, "until": now + step, "step": step}
    values["latest"] = now + rate.period - step
    return await database.write(Statement(_COUNT, values))


async def wait(database: Database, doing: str, place: str, rate: Rate, now: int) -> int:
    """Return for how many microseconds whoever was refused has to wait."""
    row = await database.quick.one(
        "select free_at from rate where doing = :doing and place = :place", doing=doing, place=place
    )
    step = rate.period // rate.requests
    return max(0, row["free_at"] - (rate.period - step) - now) if row else 0


async def forget(database: Database, now: int) -> None:
    """Drop what no longer limits anybody."""
    await database.write(Statement("delete from rate where free_at < :now", {"now": now}))


_PROBE = """
    insert into rate (doing, place, free_at) values ('probe', '', :now)
    on conflict (doing, place) do update set free_at = excluded.free_at"""


async def try_writing(database: Database, now: int) -> None:
    """Write one number that limits nobody, and is dropped in time, to see whether anything can be written.

    Raises Unavailable.
    """
    await database.write(Statement(_PROBE, {"now": now}))
