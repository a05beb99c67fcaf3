"""The newest comments of a site or a thread, as kept: what feed readers are told."""

from collections.abc import Sequence
from typing import NamedTuple

from service.store.database import Reader


class News(NamedTuple):
    """What a feed says of a comment and its page."""

    id: str
    parent_id: str | None
    author: str
    html: str
    created_at: int
    edited_at: int | None
    thread: str
    title: str | None
    url: str | None


async def newest(reader: Reader, site: str, key: str | None, limit: int) -> Sequence[News]:
    """Return the newest approved comments of a thread, or of the whole site, the newest first."""
    rows = await reader.all(
        f"""select comment.id, comment.parent_id, comment.author, comment.html, comment.created_at, comment.edited_at,
                comment.thread, thread.title, thread.url
            from comment left join thread on thread.site = comment.site and thread.key = comment.thread
            where comment.site = :site and comment.status = 'approved'
                {"" if key is None else "and comment.thread = :key"}
            order by comment.created_at desc, comment.id desc limit :limit""",
        site=site,
        limit=limit,
        **({} if key is None else {"key": key}),
    )
    return [News(*(row[name] for name in News._fields)) for row in rows]
