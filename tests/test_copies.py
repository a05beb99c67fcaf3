"""Backup and restore: whole or not there, taken under load, refused with a sentence, and nothing lost on the way."""

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from service.errors import BadSettings
from service.store import copies
from tests.conftest import Live, draft
from tests.test_cli import Terminal

pytestmark = pytest.mark.embedded


@pytest.fixture
def terminal(tmp_path: Path, live: Live) -> Terminal:
    made = Terminal(tmp_path)
    made.environment |= {"GATEPOST_DATABASE": live.settings.database, "GATEPOST_SECRET": live.settings.secret}
    return made


def bodies(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as opened:
        return {body for (body,) in opened.execute("select body from comment")}


def test_a_copy_under_load_has_everything_that_was_acknowledged_before_it(live: Live, terminal: Terminal) -> None:
    stop = threading.Event()
    acknowledged: list[str] = []

    def write(worker: int) -> None:
        with live.client() as client:
            while not stop.is_set():
                body = f"Worker {worker}, comment {len(acknowledged)}."
                assert client.post(f"{live.api}/comments", json=draft(body=body)).status_code == 202
                acknowledged.append(body)

    workers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    try:
        for number in range(3):
            before = set(acknowledged)
            said = terminal.do("backup", f"copy-{number}.db")
            assert "1 sites" in said and "every page checked" in said
            assert before <= bodies(terminal.folder / f"copy-{number}.db")
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert not list(terminal.folder.glob("*.partial"))


def test_what_was_copied_comes_back_and_what_was_there_is_kept(live: Live, terminal: Terminal) -> None:
    live.approve(live.post(body="From before."))
    terminal.do("backup", "copy.db")
    live.approve(live.post(body="From after."))
    said = terminal.do("restore", "copy.db")
    assert "1 comments" in said
    assert bodies(live.settings.sqlite_path) == {"From before."}
    (kept,) = terminal.folder.glob("gatepost.db.before-*")
    assert bodies(kept) == {"From before.", "From after."}
    assert "the counts of all 1 threads are right" in terminal.do("doctor")
    assert live.post(body="It goes on.")


@pytest.mark.parametrize("damage", ["half", "flipped", "letter", "empty", "other", "newer"])
def test_what_is_no_good_copy_is_refused_and_nothing_is_touched(live: Live, terminal: Terminal, damage: str) -> None:
    for number in range(30):
        live.post(body=f"Number {number}. " + "A long and patient text. " * 40)
    terminal.do("backup", "good.db")
    bad = terminal.folder / "bad.db"
    content = bytearray((terminal.folder / "good.db").read_bytes())
    middle = len(content) // 2
    if damage == "half":
        bad.write_bytes(content[:middle])
    elif damage == "flipped":
        content[middle : middle + 4_096] = bytes(byte ^ 0xFF for byte in content[middle : middle + 4_096])
        bad.write_bytes(content)
    elif damage in ("letter", "empty"):
        bad.write_text("Dear reader, " * 100 if damage == "letter" else "")
    else:
        shutil.copy(terminal.folder / "good.db", bad)
        with closing(sqlite3.connect(bad, isolation_level=None)) as opened:
            if damage == "other":
                opened.execute("drop table schema_migration")
            else:
                opened.execute("insert into schema_migration values (9999, 'from_the_future', '', 0)")
    before = bodies(live.settings.sqlite_path)
    said = terminal.run("restore", "bad.db")
    assert said.returncode == 1 and "Traceback" not in said.stderr
    assert "bad.db" in said.stderr or "newer Gatepost" in said.stderr
    assert bodies(live.settings.sqlite_path) == before
    assert not list(terminal.folder.glob("gatepost.db.before-*"))


def test_no_earlier_copy_is_lost(terminal: Terminal) -> None:
    terminal.do("backup", "copy.db")
    content = (terminal.folder / "copy.db").read_bytes()
    said = terminal.run("backup", "copy.db")
    assert said.returncode == 1 and "exists already" in said.stderr
    assert (terminal.folder / "copy.db").read_bytes() == content


def test_a_copy_that_cannot_be_written_leaves_nothing(live: Live, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="cannot be written"):
        copies.take(live.settings.sqlite_path, tmp_path / "no such folder" / "copy.db")
    with pytest.raises(BadSettings, match="does not exist"):
        copies.take(tmp_path / "none.db", tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_with_postgresql_its_own_tools_are_named(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    said = terminal.run("backup", "copy.db", DATABASE="postgresql://a@127.0.0.1/b", SECRET="a secret of the tests")
    assert said.returncode == 1 and "pg_dump" in said.stderr
