"""What may happen to the file of the embedded database: it is damaged, no file of ours, moved away, or out of reach.

We write nothing into a file that is damaged or somebody else's.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from service.errors import BadSettings, Unavailable

# What the world may do to a file without damaging it; it may be over in a moment.
_OUT_OF_REACH = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# Python's own error, which has no code, and quotes the text.
_NO_TEXT = "Could not decode"
_RESTORE = "stop the service and run gatepost restore COPY, which keeps the damaged file beside the restored one"


def code(error: sqlite3.Error) -> int:
    """Return SQLite's primary code of an error; 0 for an error of Python's."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


@contextmanager
def faults() -> Iterator[None]:
    """Raise Unavailable for what the world did; anything else is a mistake of ours and must not be hidden."""
    try:
        yield
    except sqlite3.Error as error:
        if code(error) in _OUT_OF_REACH:
            raise Unavailable(f"the database cannot be used just now ({error})") from error
        if code(error) in _DAMAGED:
            raise Unavailable(f"the database file is damaged ({error}); {_RESTORE}") from error
        if str(error).startswith(_NO_TEXT):
            raise _no_text() from None
        raise
    except UnicodeDecodeError:
        # What SQLite says of a damaged file may quote it.
        raise _no_text() from None


def _no_text() -> Unavailable:
    return Unavailable(f"the database file is damaged (a text in it cannot be read); {_RESTORE}")


def require_ours(path: Path) -> None:
    """Raise BadSettings when there is a file that is damaged at its beginning, or no database of Gatepost."""
    tables = _asked(path, "select name from sqlite_master where type = 'table'")
    if tables and "schema_migration" not in tables:
        raise BadSettings(f"GATEPOST_DATABASE: {path} is no database of Gatepost and was left as it is; name another")


def require_sound(path: Path) -> None:
    """Raise BadSettings when the structure of a file is damaged: every page is read, 0.7 GB a second.

    Nothing is known of a letter that became another letter inside a text: SQLite keeps no checksums.
    """
    said = _asked(path, "pragma quick_check(1)")
    if said not in ([], ["ok"]):
        raise _damaged(path, said[0])
    for size in _asked(path, "pragma page_size"):
        if path.exists() and path.stat().st_size % size:
            raise _damaged(path, "its end is missing")


def _asked(path: Path, sql: str) -> Sequence[Any]:
    """Return what a file says, without changing it; nothing if there is none, or whoever opens it will say why not."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            opened.text_factory = lambda raw: raw.decode("utf-8", "replace")
            return [row[0] for row in opened.execute(sql)]
    except sqlite3.Error as error:
        if code(error) in _OUT_OF_REACH:
            return []
        raise _damaged(path, str(error)) from error
    except UnicodeDecodeError as error:
        raise _damaged(path, "a text in it cannot be read") from error


def _damaged(path: Path, what: str) -> BadSettings:
    what = " ".join(what.removeprefix("*** in database main ***").split())
    return BadSettings(f"GATEPOST_DATABASE: {path} is damaged ({what}) and was left as it is; {_RESTORE}")


class Place:
    """Where an open database's files are. What is written after they were moved or removed, nobody would find again."""

    def __init__(self, path: Path) -> None:
        # The folder in which the service was started may be moved, too.
        self._paths = (path.absolute(), path.absolute().with_name(f"{path.name}-wal"))
        self._found = self._look()

    def require_unmoved(self) -> None:
        """Raise Unavailable when other files are there, or none; two looks of a microsecond each."""
        try:
            moved = self._look() != self._found
        except OSError as error:
            raise Unavailable(f"the database file is out of reach ({error}); put it back where it was") from error
        if moved:
            raise Unavailable(f"{self._paths[0]} was replaced while the service runs; start it anew")

    def _look(self) -> Sequence[tuple[int, int]]:
        return [(found.st_dev, found.st_ino) for found in (path.stat() for path in self._paths)]
