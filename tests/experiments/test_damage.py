"""A damaged file: refused at the start with a sentence, or its broken part answered with 503; never written over.

What is promised is what SQLite can see. The structure of every page is looked at before each start (`quick_check`), and
again when it is read. A letter that became another letter inside a text cannot be seen: there are no checksums.
"""

import random
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest

from tests.conftest import draft, wait_for
from tests.experiments import COMMENTS, LONG, Served, kept, refused, serving

FLIPS = 200 if LONG else 6
PAGE = 4_096
DAMAGES = ["half", "a few bytes short", "a letter", "other", "a page short", "a page of zeros"]
THREADS = [f"/post-{number}" for number in range(6)]


class Good(NamedTuple):
    """A folder with a sound database and its secret, a copy, and what readers see of it."""

    folder: Path
    shown: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Good:
    folder = tmp_path_factory.mktemp("good") / "folder"
    folder.mkdir()
    with serving(folder) as served, served.moderator() as client:
        for number in range(60):
            body = f"Number {number}. " + "A kind and patient word. " * 20
            assert client.post(COMMENTS, json=draft(thread=THREADS[number % 6], body=body)).status_code == 202
            if number == 39:
                wanted = {"filter": {"status": "pending"}, "action": "approve"}
                assert client.post("/api/v1/sites/blog/decisions", json=wanted).status_code == 200
        shown = {thread: read(client, thread).json()["comments"] for thread in THREADS}
        served.run("backup", "copy.db")
        served.kill(signal.SIGTERM)
    assert sum(map(len, shown.values())) == 40
    assert not (folder / "gatepost.db-wal").exists()
    return Good(folder, shown)


def read(client: httpx2.Client, thread: str) -> httpx2.Response:
    return client.get(COMMENTS, params={"thread": thread})


def start(good: Good, folder: Path, content: bytes) -> Served:
    """Start the service on other content; return it once it answers, or has ended."""
    shutil.copytree(good.folder, folder)
    served = Served(folder)
    served.database.write_bytes(content)
    served.launch()

    def answers_or_has_ended() -> bool:
        assert served.process
        if served.process.poll() is not None:
            return True
        try:
            return httpx2.get(f"{served.url}/livez", trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    wait_for(answers_or_has_ended)
    return served


def refused_to_start(served: Served, content: bytes) -> bool:
    """Tell whether it ended with one sentence, and left the file as it was."""
    assert served.process
    if served.process.poll() is None:
        return False
    said = served.log.read_text()
    assert (
        served.process.returncode == 1 and said.count("\n") == 1 and said.startswith(("GATEPOST_DATABASE: ", "schema/"))
    )
    assert served.database.read_bytes() == content
    return True


def look(served: Served, good: Good, flipped: int) -> str:
    """Read everything and write once; say how it went."""
    statuses: Counter[int] = Counter()
    with served.client() as client:
        for thread in THREADS:
            answer = read(client, thread)
            statuses[answer.status_code] += 1
            assert answer.status_code == 200 or refused(answer), answer.text
            if answer.status_code == 200:
                others = [one for one in answer.json()["comments"] if one not in good.shown[thread]]
                assert len(others) <= flipped, "no more is other than what was flipped"
                assert "Number 4" not in str([one for one in others if "Number 4." not in one["html"]])
        answer = client.post(COMMENTS, json=draft())
        assert answer.status_code == 202 or refused(answer), answer.text
        assert client.get("/livez").status_code == 200
    said = served.log.read_text()
    assert "Traceback" not in said and "fault" not in said
    if statuses[503]:
        assert "the database file is damaged" in said and "gatepost restore COPY" in said
        return "answered with 503"
    return "served"


def sound(content: bytes, folder: Path) -> bool:
    """Tell whether SQLite finds nothing wrong with the structure of a file."""
    file = folder / "looked-at.db"
    file.write_bytes(content)
    try:
        with closing(sqlite3.connect(file)) as opened:
            opened.text_factory = bytes
            return bool(opened.execute("pragma quick_check(1)").fetchone() == (b"ok",))
    except sqlite3.Error:
        return False


def head_of_the_file(choose: random.Random, size: int) -> int:
    return choose.randrange(100)


def anywhere(choose: random.Random, size: int) -> int:
    return choose.randrange(size)


def head_of_a_page(choose: random.Random, size: int) -> int:
    return choose.randrange(size // PAGE) * PAGE + choose.randrange(24)


def test_flipped_bytes_are_refused_at_the_start_or_answered_with_503(good: Good, tmp_path: Path) -> None:
    choose = random.Random(20_261_128)
    content = (good.folder / "gatepost.db").read_bytes()
    went: Counter[str] = Counter()
    places: list[Callable[[random.Random, int], int]] = [head_of_the_file, anywhere, head_of_a_page]
    for number in range(FLIPS):
        damaged = bytearray(content)
        at, flipped = places[number % 3](choose, len(content)), choose.choice((1, 4, 16))
        for place in range(at, min(at + flipped, len(content))):
            damaged[place] ^= choose.randrange(1, 256)
        served = start(good, tmp_path / str(number), bytes(damaged))
        try:
            where = f"{flipped} bytes at {at}"
            if refused_to_start(served, bytes(damaged)):
                went["refused at the start"] += 1
            else:
                assert sound(bytes(damaged), tmp_path), f"what SQLite sees at once is not started with: {where}"
                went[look(served, good, flipped)] += 1
        except AssertionError as error:
            raise AssertionError(f"{where}: {error}; it said: {served.log.read_text()[-3_000:]}") from error
        finally:
            if served.process and served.process.poll() is None:
                served.kill()
    print(f"of {FLIPS} flips: {', '.join(f'{count} {how}' for how, count in went.most_common())}")
    assert went["refused at the start"]


@pytest.mark.parametrize(
    "damage", ["half", "a page short", "a few bytes short", "a page of zeros", "a letter", "other"]
)
def test_what_is_no_whole_database_of_ours_stops_the_start_and_is_left_as_it_is(
    good: Good, tmp_path: Path, damage: str
) -> None:
    content = (good.folder / "gatepost.db").read_bytes()
    middle = len(content) // 2 // PAGE * PAGE
    if damage == "other":
        with closing(sqlite3.connect(tmp_path / "other.db")) as other:
            other.execute("create table photographs (name text)")
        bad = (tmp_path / "other.db").read_bytes()
    else:
        bad = {
            "half": content[:middle],
            "a page short": content[:-PAGE],
            "a few bytes short": content[:-10],
            "a page of zeros": content[:middle] + bytes(PAGE) + content[middle + PAGE :],
            "a letter": b"Dear reader, " * 1_000,
        }[damage]
    served = start(good, tmp_path / "folder", bad)
    try:
        assert refused_to_start(served, bad)
    finally:
        if served.process and served.process.poll() is None:
            served.kill()
    said = served.log.read_text()
    assert "was left as it is" in said and ("gatepost restore COPY" in said or damage == "other")
    # Only the start of the service looks at every page; the others look whether it is a database of ours.
    commands = [["site", "add", "more", "--origin", "https://more.example"], ["doctor"]]
    for words in commands if damage in ("a letter", "other") else []:
        assert served.terminal.run(*words).returncode == 1
        assert served.database.read_bytes() == bad, "no command writes into it either"
    if damage != "other":
        served.run("restore", "copy.db")
        (aside,) = served.terminal.folder.glob("gatepost.db.before-*[0-9]")
        assert aside.read_bytes() == bad
        served.start()
        try:
            assert look(served, good, 0) == "served"
        finally:
            served.kill()


def test_pages_that_break_while_it_runs_are_answered_with_503_and_a_line_in_the_log(good: Good, tmp_path: Path) -> None:
    content = (good.folder / "gatepost.db").read_bytes()
    served = start(good, tmp_path / "folder", content)
    try:
        with served.client() as client:
            wait_for(lambda: client.get("/readyz").status_code == 200)
            with closing(sqlite3.connect(served.database)) as opened:
                pages = opened.execute(
                    "select pageno from dbstat where name in ('comment', 'comment_shown') and pagetype = 'leaf'"
                ).fetchall()
            with served.database.open("r+b") as file:
                for (page,) in pages:
                    file.seek((page - 1) * PAGE)
                    file.write(random.Random(page).randbytes(PAGE))
            assert refused(read(client, THREADS[1]))
            assert refused(client.get(f"{COMMENTS}?thread={THREADS[2]}&sort=newest"))
            answer = client.post(COMMENTS, json=draft())
            assert answer.status_code == 202 or refused(answer)
        said = served.log.read_text()
        assert "gatepost restore COPY" in said and "Traceback" not in said
    finally:
        served.kill()


@pytest.mark.parametrize("lost", ["deleted", "flipped", "cut"] if LONG else ["deleted", "flipped"])
def test_without_the_log_of_its_commits_it_is_as_it_was_earlier_or_refused(tmp_path: Path, lost: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with serving(folder) as served, served.client() as client:
        posted = [client.post(COMMENTS, json=draft(body=f"Number {number}.")).json()["id"] for number in range(30)]
        served.kill()
        log = served.database.with_name("gatepost.db-wal")
        content = bytearray(log.read_bytes())
        middle = len(content) // 2
        if lost == "deleted":
            log.unlink()
        elif lost == "cut":
            log.write_bytes(content[:middle])
        else:
            content[middle] ^= 0xFF
            log.write_bytes(content)
        served.start()
        found = [comment_id for ids in kept(served.database).values() for comment_id in ids]
        assert found == posted[: len(found)], "the first of them, and none of what came later"
        again = client.post(COMMENTS, json=draft(body="Afterwards."))
        assert again.status_code == 202
        assert "right" in served.run("doctor")
