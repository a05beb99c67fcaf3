"""The disk is full, read-only, taken away or closed to us: what cannot be stored is refused, and reading goes on."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.conftest import draft, wait_for
from tests.experiments import COMMENTS, Served, kept, refused, serving

THREAD = f"{COMMENTS}?thread=/post"
SOMEBODY = 10_001


def mount(*words: str) -> None:
    if os.getuid() or subprocess.run(["mount", *words], capture_output=True, check=False).returncode:
        pytest.skip("only root can make such a disk")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_refuses_says_so_and_heals_without_a_restart(small_disk: Path) -> None:
    with serving(small_disk) as served, served.client() as client:
        acknowledged: list[str] = []

        def post(number: int) -> httpx2.Response:
            body = f"Number {number}. " + "A long and patient text. " * 150
            answer = client.post(COMMENTS, json=draft(body=body))
            if answer.status_code == 202:
                acknowledged.append(answer.json()["id"])
            return answer

        answers = [post(number) for number in range(400)]
        assert {answer.status_code for answer in answers} == {202, 503}, "it took some, and then said that it cannot"
        assert all(refused(answer) for answer in answers if answer.status_code == 503)

        def unready() -> bool:
            # A comment needs more room than the number that is written to try whether there is some.
            return refused(post(1_000)) and client.get("/readyz").status_code == 503

        wait_for(unready)
        assert all(unready() for _ in range(20))
        ready = client.get("/readyz")
        assert refused(ready) and "none can be stored" in ready.json()["detail"]
        assert client.get(THREAD).status_code == 200, "reading goes on"
        assert client.get("/livez").status_code == 200
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        assert client.get("/readyz").status_code == 200
        assert post(1_001).status_code == 202
        found = [comment_id for ids in kept(served.database).values() for comment_id in ids]
        assert sorted(found) == sorted(acknowledged), "nothing that was refused is half there"


def test_it_starts_on_a_full_disk_serves_readers_and_heals(small_disk: Path) -> None:
    with serving(small_disk) as served:
        posted = approve_one(served)
        served.kill()
        filler = small_disk / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as full:
            while full.write(bytes(4_096)):
                pass
        served.start()
        with served.client() as client:
            body = "A long and patient text. " * 150

            def post_refused() -> bool:
                return refused(client.post(COMMENTS, json=draft(body=body)))

            wait_for(lambda: post_refused() and client.get("/readyz").status_code == 503)
            assert client.get(THREAD).json()["comments"][0]["id"] == posted
            filler.unlink()
            assert client.get("/readyz").status_code == 200
            assert not post_refused()


@pytest.mark.parametrize("ended", ["killed", "asked to"])
def test_a_read_only_disk_stops_the_start_with_a_sentence(tmp_path: Path, ended: str) -> None:
    there, again = tmp_path / "there", tmp_path / "again"
    there.mkdir()
    again.mkdir()
    with serving(there) as served:
        with served.client() as client:
            assert client.post(COMMENTS, json=draft()).status_code == 202
        assert served.process
        if ended == "killed":
            served.kill()
        else:
            served.process.terminate()
            served.process.wait(20)
    before = {file.name: file.read_bytes() for file in there.iterdir() if not file.name.endswith("-shm")}
    mount("--bind", str(there), str(again))
    try:
        mount("-o", "remount,bind,ro", str(again))
        said = Served(again).terminal.run("serve")
    finally:
        subprocess.run(["umount", "--lazy", str(again)], check=True)
    assert said.returncode == 1
    assert f"cannot write {'gatepost.db'}" in said.stderr and said.stderr.count("\n") == 1
    assert before == {file.name: file.read_bytes() for file in there.iterdir() if not file.name.endswith("-shm")}


def posts_and_reads(served: Served, approved: str) -> None:
    """Posting is refused, reading goes on, and the probes say so."""
    with served.client() as client:
        for _ in range(3):
            assert refused(client.post(COMMENTS, json=draft(body="Nowhere to go.")))
        assert client.get(THREAD).json()["comments"][0]["id"] == approved
        assert client.get(f"{COMMENTS}?thread=/another").status_code == 200, "what nobody has asked for before, too"
        assert refused(client.get("/readyz"))
        assert client.get("/livez").status_code == 200


@pytest.fixture
def approved(tmp_path: Path) -> Iterator[tuple[Served, str]]:
    """The service in a folder that can be taken away, with one approved comment."""
    folder = tmp_path / "folder"
    folder.mkdir()
    with serving(folder) as served:
        yield served, approve_one(served)


def approve_one(served: Served) -> str:
    with served.moderator() as client:
        posted = str(client.post(COMMENTS, json=draft()).json()["id"])
        decision = {"ids": [posted], "action": "approve"}
        assert client.post("/api/v1/sites/blog/decisions", json=decision).status_code == 200
        assert len(client.get(THREAD).json()["comments"]) == 1
    return posted


def test_a_folder_that_is_moved_away_and_back_is_missed_and_found(approved: tuple[Served, str]) -> None:
    served, posted = approved
    folder = served.terminal.folder
    away = folder.with_name("away")
    folder.rename(away)
    posts_and_reads(served, posted)
    assert len(kept(away / "gatepost.db")) == 1
    away.rename(folder)
    with served.client() as client:
        assert client.get("/readyz").status_code == 200
        assert client.post(COMMENTS, json=draft(body="Back again.")).status_code == 202
    served.kill()
    assert len(kept(served.database)) == 2


@pytest.mark.parametrize("what", ["the folder", "the database", "the log of its commits"])
def test_nothing_is_acknowledged_into_a_file_that_was_removed(approved: tuple[Served, str], what: str) -> None:
    served, posted = approved
    if what == "the folder":
        shutil.rmtree(served.terminal.folder)
    else:
        served.database.with_name("gatepost.db" if what == "the database" else "gatepost.db-wal").unlink()
    posts_and_reads(served, posted)


def test_nothing_is_acknowledged_into_a_file_that_was_replaced(approved: tuple[Served, str]) -> None:
    served, posted = approved
    copy = served.terminal.folder / "copy.db"
    served.terminal.do("backup", str(copy))
    copy.replace(served.database)
    posts_and_reads(served, posted)
    assert "was replaced" in served.log.read_text()


@pytest.fixture
def lent() -> Iterator[Path]:
    """A folder of somebody whom permissions bind; the folders that pytest makes are closed to others."""
    if os.getuid() or shutil.which("setpriv") is None:
        pytest.skip("only root can start it as somebody else")
    above = Path(tempfile.mkdtemp(prefix="gatepost-", dir="/tmp"))
    above.chmod(0o755)
    folder = above / "folder"
    folder.mkdir()
    shutil.chown(folder, SOMEBODY, SOMEBODY)
    yield folder
    shutil.rmtree(above)


def test_permission_that_is_lost_is_missed_and_found(lent: Path) -> None:
    prefix = ("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups")
    with serving(lent, prefix=prefix) as served:
        posted = approve_one(served)
        lent.chmod(0)
        posts_and_reads(served, posted)
        lent.chmod(0o755)
        with served.client() as client:
            assert client.get("/readyz").status_code == 200
            assert client.post(COMMENTS, json=draft(body="Back again.")).status_code == 202
        served.kill()
        served.database.chmod(0)
        served.log.unlink()
        served.launch()
        assert served.process and served.process.wait(20) == 1
        assert "cannot write" in served.log.read_text() and served.log.read_text().count("\n") == 1
