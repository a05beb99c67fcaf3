"""What waits drops no page that is ready; what is approved builds the pages of its own thread anew, and no others."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.conftest import Live, draft, settings_in
from tests.experiments.failing import Failing, running_on_failing

THREADS = ("/changed", "/other", "/empty")


@pytest.fixture
def watched(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Live, Failing]]:
    with running_on_failing(settings_in(tmp_path, database=address), monkeypatch) as (live, database):
        for thread in THREADS[:2]:
            live.approve(live.post(thread=thread))
        yield live, database


def asked_for(live: Live, database: Failing, thread: str) -> Sequence[str]:
    """Read a thread; return what the database was asked meanwhile."""
    database.moments.choose(0)
    with live.client() as client:
        for path in (f"{live.api}/comments?thread={thread}", f"{live.api}/comments?thread={thread}&sort=newest"):
            assert client.get(path).status_code == 200
    return database.moments.passed


def test_a_comment_that_waits_drops_no_page_that_is_ready(watched: tuple[Live, Failing]) -> None:
    live, database = watched
    for thread in THREADS:
        asked_for(live, database, thread)
    for thread in THREADS:
        live.post(thread=thread, body="This one waits.")
    assert [asked_for(live, database, thread) for thread in THREADS] == [[], [], []]


def test_a_comment_that_is_approved_builds_the_pages_of_its_thread_and_no_others(watched: tuple[Live, Failing]) -> None:
    live, database = watched
    posted = live.post(thread="/changed", body="This one is approved.")
    for thread in THREADS:
        asked_for(live, database, thread)
    live.approve(posted)
    asked = {thread: asked_for(live, database, thread) for thread in THREADS}
    built = {thread: [sql for sql in asked[thread] if "from comment" in sql] for thread in THREADS}
    assert (len(built["/changed"]), built["/other"], built["/empty"]) == (2, [], [])
    assert all("from thread" in sql or "from site" in sql for sql in [*asked["/other"], *asked["/empty"]])
    assert [asked_for(live, database, thread) for thread in THREADS] == [[], [], []], "now all are ready again"


def test_a_withdrawn_draft_of_a_comment_changes_no_page(watched: tuple[Live, Failing]) -> None:
    live, database = watched
    with live.client() as client:
        posted = client.post(f"{live.api}/comments", json=draft(thread="/changed", body="Only for a moment.")).json()
        for thread in THREADS:
            asked_for(live, database, thread)
        key = {"authorization": f"Bearer {posted['edit_token']}"}
        assert client.delete(f"{live.api}/comments/{posted['id']}", headers=key).status_code == 204
    for thread in THREADS:
        assert not [sql for sql in asked_for(live, database, thread) if "from comment" in sql]
