"""Copies of the embedded database: taken while the service runs, looked at before they count, and put back.

A copy is whole or not there: it is made under another name, checked, flushed to disk, and then named.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from service.errors import BadSettings
from service.store.file import require_sound
from service.store.migrate import APPLIED, check, steps

# In seconds: for a writer that is busy just now.
PATIENCE = 30
_TABLES = ("site", "thread", "comment")


class Contents(NamedTuple):
    """How much a database holds."""

    sites: int
    threads: int
    comments: int


def take(database: Path, copy: Path) -> Contents:
    """Write a consistent copy of a database, and return what the copy holds. Raises BadSettings.

    Whoever writes meanwhile is not held up; what they write may or may not be in the copy, but nothing is half in it.
    """
    if not database.exists():
        raise BadSettings(f"GATEPOST_DATABASE: {database} does not exist, so there is nothing to copy")
    if copy.exists():
        raise BadSettings(f"{copy} exists already; name a new file, so that no earlier copy is lost")
    partial = copy.with_name(copy.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(_address(database, "ro"), uri=True, timeout=PATIENCE)) as source:
            source.execute("vacuum into ?", (str(partial),))
        found = look(partial)
        _flush(partial)
        partial.rename(copy)
        _flush(copy.parent)
    except (sqlite3.Error, OSError) as error:
        partial.unlink(missing_ok=True)
        raise BadSettings(f"the copy {copy} cannot be written: {error}") from error
    except BadSettings:
        partial.unlink(missing_ok=True)
        raise
    return found


def look(copy: Path) -> Contents:
    """Return what a copy holds, every page of it looked at. Raises BadSettings if it is damaged, newer, or no copy."""
    try:
        with closing(sqlite3.connect(_address(copy, "ro"), uri=True)) as opened:
            (said,) = opened.execute("pragma integrity_check(1)").fetchone()
            if said != "ok":
                raise BadSettings(f"{copy} is damaged: {said}")
            opened.row_factory = sqlite3.Row
            check(opened.execute(APPLIED), steps())
            counts = (opened.execute(f"select count(*) from {table}").fetchone()[0] for table in _TABLES)
            return Contents(*counts)
    except sqlite3.Error as error:
        raise BadSettings(f"{copy} is no copy of a Gatepost database ({error})") from error


def keep(database: Path, kept: Path) -> None:
    """Keep what is there under another name: a copy of it or, if it is damaged, the files themselves."""
    try:
        require_sound(database)
    except BadSettings:
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                database.with_name(database.name + end).rename(kept.with_name(kept.name + end))
    else:
        take(database, kept)


def put_back(copy: Path, database: Path) -> Contents:
    """Put a copy in the place of a database, in one transaction; a service that runs goes on with it.

    Raises BadSettings, and leaves everything as it was, if the copy cannot be used.
    """
    found = look(copy)
    try:
        with (
            closing(sqlite3.connect(_address(copy, "ro"), uri=True)) as source,
            closing(sqlite3.connect(database, timeout=PATIENCE)) as target,
        ):
            target.execute("pragma synchronous = full")
            source.backup(target)
    except (sqlite3.Error, OSError) as error:
        raise BadSettings(
            f"the copy cannot be put back: {error}. If the service is busy, stop it and try again"
        ) from error
    return found


def _address(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
