"""What the rest of the house may ask of a database, whichever engine is behind it.

SQL is written in the words that SQLite and PostgreSQL share, with named parameters (`:name`);
rows answer by column name.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Row = Mapping[str, Any]
Parameters = Mapping[str, Any]


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
    """A store of comments."""

    engine: str

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a writing transaction; it commits at the end of the block, or rolls back if the block raises."""

    async def close(self) -> None:
        """Give back every connection."""


def listed(values: Iterable[str]) -> tuple[str, dict[str, object]]:
    """Return `(:in_0, :in_1, …)` for an IN condition, and its parameters."""
    parameters: dict[str, object] = {f"in_{number}": value for number, value in enumerate(values)}
    return f"({', '.join(f':{name}' for name in parameters)})", parameters
