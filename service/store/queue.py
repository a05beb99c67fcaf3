"""What moderators ask for: pages of comments by status and by what they are looking for."""

import re
from collections.abc import Sequence

from msgspec import Struct

from service.model import Comment, Status
from service.store.comments import COLUMNS, Cursor, comment_of
from service.store.database import Reader, listed

# Thai, Lao, Burmese, Khmer, Japanese and Chinese.
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_SIGNS_OF_SEARCH = re.compile(r"[\"'\\*:&|!<>()]")


class Filter(Struct, frozen=True):
    """Which comments of a site are meant; what is None does not narrow.

    `q` is words, in any order, or how words begin, in the text or the author's name; signs alone, and scripts that put
    no spaces between words, are looked for as they are. `domain` is one that the text or the website links to, or one
    above it: `example.org` finds `www.example.org` too. `before` and `after` are times of arrival.
    """

    status: Status | None = None
    thread: str | None = None
    author: str | None = None
    domain: str | None = None
    q: str | None = None
    before: int | None = None
    after: int | None = None

    def where(self) -> tuple[str, dict[str, object]]:
        """Return what stands after `from` in SQL, a condition at its end, and its parameters."""
        source, terms, values = "comment", ["site = :site"], dict[str, object]()
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
        if self.q is not None and (words := _words(self.q)):
            # In this order: who looks through all that waits for a word that ten comments have looks a long time.
            source = "(select rowid as found from comment_words(:words)) as search cross join comment"
            terms.append("number = found")
            values["words"] = words
        elif self.q is not None:
            terms.append("(lower(body) like :q escape '!' or lower(author) like :q escape '!')")
            values["q"] = f"%{_literal(self.q.lower())}%"
        if self.before is not None:
            terms.append("created_at < :before")
            values["before"] = self.before
        if self.after is not None:
            terms.append("created_at >= :after")
            values["after"] = self.after
        return f"{source} where {' and '.join(terms)}", values


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
        f"select {COLUMNS} from {where} order by created_at {direction}, id {direction} limit :limit",
        site=site,
        limit=limit,
        **values,
    )
    return [comment_of(row) for row in rows]


async def total(reader: Reader, site: str, wanted: Filter) -> int:
    """Count the comments that match."""
    if wanted.status is not None and wanted == Filter(status=wanted.status):
        return (await tally(reader, site))[wanted.status]
    where, values = wanted.where()
    row = await reader.one(f"select count(*) as n from {where}", site=site, **values)
    return int(row["n"]) if row else 0


async def tally(reader: Reader, site: str) -> dict[Status, int]:
    """Return how many of the site's comments have each status."""
    rows = await reader.all(
        "select status, cast(sum(count) as bigint) as n from tally where site = :site group by status", site=site
    )
    return dict.fromkeys(Status, 0) | {Status(row["status"]): row["n"] for row in rows}


async def ids(reader: Reader, site: str, wanted: Filter, among: Sequence[str] | None = None) -> Sequence[str]:
    """Return the id of every comment that matches, in order of arrival; with `among`, of these alone."""
    where, values = wanted.where()
    if among is not None:
        those, named = listed(among)
        where, values = f"{where} and id in {those}", values | named
    rows = await reader.all(
        f"select id from {where} order by created_at, id",
        site=site,
        **values,
    )
    return [row["id"] for row in rows]


def _words(q: str) -> str:
    """Return a search for words, as both engines read it: each in quotation marks, with a star for what may follow."""
    if _NO_SPACES.search(q):
        return ""
    pieces = _SIGNS_OF_SEARCH.sub(" ", q).split()
    return " ".join(f'"{piece}"*' for piece in pieces if any(map(str.isalnum, piece)))


def _literal(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
