"""What moderators ask for: pages of comments by status and by what they are looking for."""

from collections.abc import Sequence

from msgspec import Struct

from service.model import Comment, Status
from service.store.comments import COLUMNS, Cursor, comment_of
from service.store.database import Reader, listed


class Filter(Struct, frozen=True):
    """Which comments of a site are meant; what is None does not narrow.

    `domain` is one that the text or the website links to, or one above it: `example.org` finds `www.example.org` too.
    `before` and `after` are times of arrival.
    """

    status: Status | None = None
    thread: str | None = None
    author: str | None = None
    domain: str | None = None
    q: str | None = None
    before: int | None = None
    after: int | None = None

    def where(self) -> tuple[str, dict[str, object]]:
        """Return the condition in SQL, and its parameters."""
        terms, values = ["site = :site"], dict[str, object]()
        if self.status is not None:
            terms.append("status = :status")
            values["status"] = self.status.value
        if self.thread is not None:
            terms.append("thread = :thread")
            values["thread"] = self.thread
        if self.author is not None:
            terms.append("(lower(author) = :author or lower(email) = :author)")
            values["author"] = self.author.lower()
        if self.domain is not None:
            terms.append("hosts like :domain escape '!'")
            values["domain"] = f"% {_literal(self.domain.lower())} %"
        if self.q is not None:
            terms.append("(lower(body) like :q escape '!' or lower(author) like :q escape '!')")
            values["q"] = f"%{_literal(self.q.lower())}%"
        if self.before is not None:
            terms.append("created_at < :before")
            values["before"] = self.before
        if self.after is not None:
            terms.append("created_at >= :after")
            values["after"] = self.after
        return " and ".join(terms), values


async def page(
    reader: Reader, site: str, wanted: Filter, newest_first: bool, limit: int, after: Cursor | None
) -> Sequence[Comment]:
    """Return one page in order of arrival."""
    where, values = wanted.where()
    direction, beyond = ("desc", "<") if newest_first else ("asc", ">")
    if after is not None:
        where += f" and (created_at, id) {beyond} (:cursor_at, :cursor_id)"
        values |= {"cursor_at": after.created_at, "cursor_id": after.id}
    rows = await reader.all(
        f"select {COLUMNS} from comment where {where} order by created_at {direction}, id {direction} limit :limit",
        site=site,
        limit=limit,
        **values,
    )
    return [comment_of(row) for row in rows]


async def total(reader: Reader, site: str, wanted: Filter) -> int:
    """Count the comments that match."""
    where, values = wanted.where()
    row = await reader.one(f"select count(*) as n from comment where {where}", site=site, **values)
    return int(row["n"]) if row else 0


async def tally(reader: Reader, site: str) -> dict[Status, int]:
    """Count the site's comments by status."""
    rows = await reader.all("select status, count(*) as n from comment where site = :site group by status", site=site)
    return dict.fromkeys(Status, 0) | {Status(row["status"]): row["n"] for row in rows}


async def ids(reader: Reader, site: str, wanted: Filter, among: Sequence[str] | None = None) -> Sequence[str]:
    """Return the id of every comment that matches, in order of arrival; with `among`, of these alone."""
    where, values = wanted.where()
    if among is not None:
        those, named = listed(among)
        where, values = f"{where} and id in {those}", values | named
    rows = await reader.all(
        f"select id from comment where {where} order by created_at, id",
        site=site,
        **values,
    )
    return [row["id"] for row in rows]


def _literal(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
