"""Gatepost with one thing taken away, to see what that thing costs: `python -m bench.variants VARIANT serve …`."""

import sys
from collections.abc import Sequence
from typing import Any

from service import app, cli
from service.store import group
from service.store.database import Database, Insertion, Reader, Row, Statement


class Forgetful:
    """A database that is asked each question once and keeps nothing: what is left is HTTP and the checks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._answers: dict[str, Sequence[Row]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @property
    def quick(self) -> Reader:
        """Answer as the first time."""
        return self

    async def all(self, sql: str, **parameters: object) -> Sequence[Row]:
        """Answer as the first time."""
        if sql not in self._answers:
            self._answers[sql] = await self._database.all(sql, **parameters)
        return self._answers[sql]

    async def one(self, sql: str, **parameters: object) -> Row | None:
        """Answer as the first time."""
        rows = await self.all(sql, **parameters)
        return rows[0] if rows else None

    async def write(self, *statements: Statement | Insertion, shown: bool = False) -> bool:
        """Keep nothing."""
        return True


def without_a_database() -> None:
    """Let the service keep nothing."""
    connect = app.connect

    async def forgetful(settings: Any) -> Any:
        return Forgetful(await connect(settings))

    app.connect = forgetful


def one_commit_each() -> None:
    """Let no two comments share a commit."""
    group.GROUP_MAX = 1


VARIANTS = {"without-a-database": without_a_database, "one-commit-each": one_commit_each}

if __name__ == "__main__":
    VARIANTS[sys.argv.pop(1)]()
    cli.main()
