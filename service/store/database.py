"""What the rest of the house may ask of a database, whichever engine is behind it.

SQL is written in the words that SQLite and PostgreSQL share, with named parameters (`:name`);
rows answer by column name.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, Protocol

Row = Mapping[str, Any]
Parameters = Mapping[str, Any]


class Statement(NamedTuple):
    """One statement with its parameters, to be kept together with others."""

    sql: str
    parameters: Parameters


class Insertion(NamedTuple):
    """One row to be kept; many with the same words can be kept by one statement.

    It reads `head values row tail`. `proof` is a query for the row itself, with the same parameters: if the tail lets
    some rows be left out, it tells which.
    """

    head: str
    row: str
    tail: str
    proof: str
    parameters: Parameters

    @property
    def sql(self) -> str:
        """The statement that keeps this row alone."""
        return f"{self.head} values {self.row} {self.tail}"


class Reader(Protocol):
    """Something that can be asked: the database itself, or a transaction that is open."""

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        """Return every row. Raises Unavailable when the database cannot answer."""

    async def one(self, sql: str, **parameters: object) -> Row | None:
        """Return the first row, or None."""


class Transaction(Reader, Protocol):
    """One transaction: everything in it is kept together, or nothing is."""

    async def run(self, sql: str, **parameters: object) -> int:
        """Run one statement; return how many rows it touched."""

    async def many(self, sql: str, parameters: Sequence[Parameters]) -> None:
        """Run one statement once for each set of parameters."""

    async def script(self, sql: str) -> None:
        """Run several statements, separated by semicolons, without parameters."""


class Database(Reader, Protocol):
    """A store of comments.

    `quick` answers questions about a few rows that an index finds, without handing them to another thread: that costs
    60 to 150 µs on a busy machine, ten times what such a question does.

    `shown` grows whenever readers may see something new; `generation` when a site, its rules or what its filter has
    learned may have changed, which a comment that is published at once does not do. Both grow at once for what this
    process did, and within a second for what others did; for what only waits neither does.
    """

    engine: str
    generation: int
    shown: int

    @property
    def failing(self) -> bool:
        """Whether what was written last could not be kept, because the database could not be used."""

    @property
    def quick(self) -> Reader:
        """The way to ask for a few rows by an index."""

    async def write(self, *statements: Statement | Insertion, shown: bool = False) -> bool:
        """Keep some statements together, in one commit with whatever else waits; durable when it returns.

        Tells whether the first of them touched a row. `shown` says that readers may see something new.
        Raises Unavailable when too much waits already, or the database cannot be used.
        """

    def json_rows(self, columns: Sequence[str], select: str) -> str:
        """Return SQL for one value that holds the rows of a query, as a JSON array of arrays."""

    def transaction(self, about: str = "") -> AbstractAsyncContextManager[Transaction]:
        """Open a writing transaction; it commits at the end of the block, or rolls back if the block raises.

        Two that are `about` the same, such as a site's name, wait for each other, whichever instance they are in.
        """

    async def close(self) -> None:
        """Give back every connection."""


def listed(values: Iterable[str]) -> tuple[str, dict[str, object]]:
    """Return `(:in_0, :in_1, …)` for an IN condition, and its parameters."""
    parameters: dict[str, object] = {f"in_{number}": value for number, value in enumerate(values)}
    return f"({', '.join(f':{name}' for name in parameters) or 'null'})", parameters
