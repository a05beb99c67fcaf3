"""Threads, as kept: a row appears with its first approved comment, and its version grows with what readers see."""

from collections.abc import Mapping, Sequence

from service.model import Thread
from service.store.database import Reader, Row, Statement, Transaction, listed

_COLUMNS = "key, title, url, count, version"


async def get(reader: Reader, site: str, key: str) -> Thread:
    """Return a thread; one that nobody has written in is empty, not missing."""
    row = await reader.one(f"select {_COLUMNS} from thread where site = :site and key = :key", site=site, key=key)
    return _thread(row) if row else Thread(key)


# A version is a time in microseconds, so that one from before a restored backup never comes back with other content.
_CHANGED = """
    insert into thread (site, key, title, url, count, version)
    select :site, :key, :title, :url, :added, :now where {condition}
    on conflict (site, key) do update set
        title = coalesce(thread.title, excluded.title),
        url = coalesce(thread.url, excluded.url),
        count = thread.count + excluded.count,
        version = case when thread.version < excluded.version then excluded.version else thread.version + 1 end"""


async def changed(tx: Transaction, site: str, thread: Thread, added: int, now: int) -> None:
    """Note a change that readers see: `added` approved comments more (or fewer), and a new version.

    The page's title and address are noted if there were none.
    """
    await tx.run(_CHANGED.format(condition="true"), **_change(site, thread, added, now))


def joined(site: str, thread: Thread, comment_id: str, now: int) -> Statement:
    """Return the statement that notes a comment published at once, if it was kept by the statement before."""
    condition = "exists (select 1 from comment where site = :site and id = :id)"
    return Statement(_CHANGED.format(condition=condition), _change(site, thread, 1, now) | {"id": comment_id})


def _change(site: str, thread: Thread, added: int, now: int) -> dict[str, object]:
    return {"site": site, "key": thread.key, "title": thread.title, "url": thread.url, "added": added, "now": now}


async def name_anew(tx: Transaction, site: str, key: str) -> None:
    """Take a thread's title and address from the oldest approved comments that have them.

    Needed once an approved comment is gone: what it alone claimed about the page must go with it.
    """
    oldest = """(select {column} from comment where site = :site and thread = :key and status = 'approved'
                and {column} is not null order by created_at, id limit 1)"""
    await tx.run(
        f"""update thread set title = {oldest.format(column="title")}, url = {oldest.format(column="url")}
            where site = :site and key = :key""",
        site=site,
        key=key,
    )


async def counts(reader: Reader, site: str, keys: Sequence[str]) -> Mapping[str, int]:
    """Return the number of approved comments for each key, 0 where nobody has written."""
    those, named = listed(keys)
    rows = await reader.all(
        f"select key, count from thread where site = :site and key in {those}",
        site=site,
        **named,
    )
    found = {row["key"]: row["count"] for row in rows}
    return {key: found.get(key, 0) for key in keys}


def _thread(row: Row) -> Thread:
    return Thread(row["key"], row["title"], row["url"], row["count"], row["version"])
