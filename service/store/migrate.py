"""Brings a database to the shape that this version needs: numbered files, each applied once, each in a transaction."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

import service
from service.errors import BadSettings
from service.model import Clock
from service.store.database import Database, Reader, Row

_PACKAGE = Path(service.__file__).parent
SCHEMA = next(folder for folder in (_PACKAGE / "_schema", _PACKAGE.parent / "schema") if folder.is_dir())

_BOOK = """
    create table if not exists schema_migration (
        version bigint primary key, name text not null, checksum text not null, applied_at bigint not null
    )"""


# No site has this name, so nobody else waits for a long step.
_ABOUT = "the schema"

_IN_POSTGRESQL = {"integer": "bigint", "blob": "bytea", ") strict;": ");"}


class Step(Struct, frozen=True):
    """One change of the schema: a file `NNNN_name.sql`, or one for each engine where they have no words in common."""

    version: int
    name: str
    sql: str
    postgres: str = ""

    def sql_for(self, engine: str) -> str:
        """Return the SQL in an engine's words: a file for both is written in SQLite's."""
        if engine == "sqlite":
            return self.sql
        return self.postgres or re.sub(
            r"\b(integer|blob)\b|\) strict;", lambda match: _IN_POSTGRESQL[match[0]], self.sql
        )

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, to notice an applied file that was changed afterwards."""
        return hashlib.sha256((self.sql + self.postgres).encode()).hexdigest()


def steps(folder: Path = SCHEMA) -> list[Step]:
    """Read every step in order."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql")):
        name, _, engine = file.stem.partition(".")
        texts = found.setdefault(name, {})
        texts["postgres" if engine == "postgres" else "sql"] = file.read_text("utf-8")
    return [Step(int(name[:4]), name, **texts) for name, texts in found.items()]


async def migrate(database: Database, clock: Clock, wanted: Sequence[Step] | None = None) -> list[str]:
    """Apply what is missing; return the names of the steps applied now.

    Raises BadSettings when the database was made by a newer version or an applied step was changed.
    """
    wanted = steps() if wanted is None else wanted
    async with database.transaction(_ABOUT) as tx:
        await tx.run(_BOOK)
    applied = []
    for step in wanted:
        async with database.transaction(_ABOUT) as tx:
            if step.version in await _check(tx, wanted):
                continue
            await tx.script(step.sql_for(database.engine))
            await tx.run(
                """insert into schema_migration (version, name, checksum, applied_at)
                   values (:version, :name, :checksum, :at)""",
                version=step.version,
                name=step.name,
                checksum=step.checksum,
                at=clock(),
            )
            applied.append(step.name)
    return applied


_BOOK_EXISTS = {
    "sqlite": "select 1 as one from sqlite_master where name = 'schema_migration'",
    "postgresql": "select 1 as one where to_regclass('schema_migration') is not null",
}


async def missing(database: Database) -> list[str]:
    """Name the steps that have not been applied. Raises BadSettings like `migrate`."""
    wanted = steps()
    exists = await database.one(_BOOK_EXISTS[database.engine])
    done = await _check(database, wanted) if exists else set()
    return [step.name for step in wanted if step.version not in done]


APPLIED = "select version, name, checksum from schema_migration order by version"


async def _check(reader: Reader, wanted: Sequence[Step]) -> set[int]:
    return check(await reader.all(APPLIED), wanted)


def check(done: Iterable[Row], wanted: Sequence[Step]) -> set[int]:
    """Return the versions of the steps that were applied. Raises BadSettings if they are not ours."""
    known = {step.version: step for step in wanted}
    versions = set()
    for row in done:
        versions.add(row["version"])
        step = known.get(row["version"])
        if step is None:
            raise BadSettings(
                f"GATEPOST_DATABASE: this database was made by a newer Gatepost (it has {row['name']}); "
                "run that version, or restore a backup made by this one"
            )
        if step.checksum != row["checksum"]:
            raise BadSettings(f"schema/{step.name}.sql was changed after it had been applied; put it back as it was")
    return versions
