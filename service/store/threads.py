"""Threads, as kept: a row appears with its first approved comment, and its version grows with what readers see.

One that was merged into another leaves its key behind as an alias: whoever asks for it gets the other.
"""

from collections.abc import Mapping, Sequence

from service.model import Thread
from service.store.database import Reader, Row, Statement, Transaction, listed

_COLUMNS = "key, title, url, count, version"
# The key of the thread that is meant by a key.
MEANT = "coalesce((select into_key from thread_alias where site = :site and key = :key), :key)"


async def get(reader: Reader, site: str, key: str) -> Thread:
    """Return the thread that a key means; one that nobody has written in is empty, not missing."""
    row = await reader.one(f"select {_COLUMNS} from thread where site = :site and key = {MEANT}", site=site, key=key)
    return _thread(row) if row else Thread(key)


async def own(reader: Reader, site: str, key: str) -> Thread | None:
    """Return the thread that has this very key, None where there is no row of it."""
    row = await reader.one(f"select {_COLUMNS} from thread where site = :site and key = :key", site=site, key=key)
    return _thread(row) if row else None


async def key_of(reader: Reader, site: str, keys: Sequence[str]) -> str:
    """Return the key of the thread that is meant by the first of these keys that means one; else the first of them."""
    those, named = listed(keys)
    rows = await reader.all(
        f"""select key, key as meant from thread where site = :site and key in {those}
            union all select key, into_key from thread_alias where site = :site and key in {those}""",
        site=site,
        **named,
    )
    found = {row["key"]: str(row["meant"]) for row in rows}
    return next((found[key] for key in keys if key in found), keys[0])


# A version is a time in microseconds, so that one from before a restored backup never comes back with other content.
_CHANGED = """
    insert into thread (site, key, title, url, count, version)
    select :site, {key}, :title, :url, :added, :now where {condition}
    on conflict (site, key) do update set
        title = coalesce(thread.title, excluded.title),
        url = coalesce(thread.url, excluded.url),
        count = thread.count + excluded.count,
        version = case when thread.version < excluded.version then excluded.version else thread.version + 1 end"""


async def changed(tx: Transaction, site: str, thread: Thread, added: int, now: int) -> None:
    """Note a change that readers see: `added` approved comments more (or fewer), and a new version.

    The page's title and address are noted if there were none.
    """
    await tx.run(_CHANGED.format(key=":key", condition="true"), **_change(site, thread, added, now))


def joined(site: str, thread: Thread, comment_id: str, now: int) -> Statement:
    """Return the statement that notes a comment published at once, if it was kept by the statement before."""
    condition = "exists (select 1 from comment where site = :site and id = :id)"
    sql = _CHANGED.format(key=MEANT, condition=condition)
    return Statement(sql, _change(site, thread, 1, now) | {"id": comment_id})


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
    """Return the number of approved comments of the thread that each key means; nothing where it means none."""
    those, named = listed(keys)
    rows = await reader.all(
        f"""select key, count from thread where site = :site and key in {those}
            union all select alias.key, thread.count from thread_alias as alias
            join thread on thread.site = alias.site and thread.key = alias.into_key
            where alias.site = :site and alias.key in {those}""",
        site=site,
        **named,
    )
    return {row["key"]: row["count"] for row in rows}


async def be_alone(tx: Transaction, engine: str) -> None:
    """Let nobody keep or change a comment until this transaction ends; where there is but one writer, nobody can."""
    if engine == "postgresql":
        # One that is on its way is not seen yet, and would stay behind: in a trial 51 of 625 did.
        await tx.run("lock table comment in share row exclusive mode")


async def merge(tx: Transaction, site: str, before: Thread, into: str, now: int) -> None:
    """Let one thread's row, and all aliases of it, become another's; its comments have been moved."""
    await changed(tx, site, Thread(into, before.title, before.url), before.count, max(now, before.version + 1))
    for sql in (
        "delete from thread where site = :site and key = :key",
        "update thread_alias set into_key = :into where site = :site and into_key = :key",
        # Where a merging is turned round, the one that was an alias is a thread again.
        "delete from thread_alias where site = :site and key = :into",
        """insert into thread_alias (site, key, into_key) values (:site, :key, :into)
           on conflict (site, key) do update set into_key = excluded.into_key""",
    ):
        await tx.run(sql, site=site, key=before.key, into=into)


def _thread(row: Row) -> Thread:
    return Thread(row["key"], row["title"], row["url"], row["count"], row["version"])
