"""What operators meet: health, numbers, the description, and headers on every answer."""

import socket
import sqlite3
from contextlib import closing

import pytest

from service.store.database import Database
from service.store.migrate import SCHEMA
from tests.conftest import Live, draft, wait_for

PROTECTION = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}


def test_the_service_is_alive_and_ready(live: Live) -> None:
    with live.client() as client:
        assert client.get("/livez").json()["status"] == "ok"
        assert client.get("/readyz").json()["status"] == "ok"


def test_a_database_that_was_not_migrated_is_not_ready(live: Live) -> None:
    async def undo(database: Database) -> None:
        async with database.transaction() as tx:
            await tx.run("delete from schema_migration where version = 2")

    live.with_database(undo)
    with live.client() as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert live.settings.database not in answer.text
        assert client.get("/livez").status_code == 200


def test_a_database_of_a_newer_version_is_not_ready(live: Live) -> None:
    async def newer(database: Database) -> None:
        async with database.transaction() as tx:
            await tx.run("insert into schema_migration values (9999, 'from_the_future', '', 0)")

    live.with_database(newer)
    with live.client() as client:
        answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_who_hangs_up_in_the_middle_is_no_fault_of_ours(live: Live) -> None:
    with live.client() as client:

        def faults() -> list[str]:
            lines = client.get("/metrics").text.splitlines()
            return [line for line in lines if line.startswith("gatepost_requests") and 'status="500"' in line]

        before = faults()
        with socket.create_connection(("127.0.0.1", live.settings.port)) as half:
            half.sendall(
                b"POST /api/v1/sites/demo/comments HTTP/1.1\r\nHost: a\r\n"
                b"Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
            )
            half.shutdown(socket.SHUT_WR)
            half.recv(1)
        broken_off = 'gatepost_requests_total{method="POST",route="/api/v1/sites/{site}/comments",status="400"}'
        wait_for(lambda: broken_off in client.get("/metrics").text)
        assert faults() == before


def test_the_numbers_count_what_happened(live: Live) -> None:
    live.add_site("a-private-name")
    with live.client() as client:
        before = number(client.get("/metrics").text, 'gatepost_decisions_total{action="approve"}')
        live.approve(live.post())
        client.get("/api/v1/sites/a-private-name/comments?thread=a-private-name")
        client.get("/a-private-name")
        text = client.get("/metrics").text
    assert number(text, 'gatepost_decisions_total{action="approve"}') == before + 1
    assert 'route="/api/v1/sites/{site}/comments"' in text
    assert "a-private-name" not in text


def number(text: str, name: str) -> float:
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/livez", 200),
        ("GET", "/api/v1/sites/demo/comments?thread=/post", 200),
        ("GET", "/api/v1/sites/demo/comments", 422),
        ("GET", "/nowhere", 404),
        ("GET", "/static/../settings.py", 404),
        ("GET", "/static/%2e%2e%2fsettings.py", 404),
        ("PUT", "/livez", 405),
        ("POST", "/api/v1/sites/demo/comments", 415),
        ("GET", "/api/v1/sites/demo/queue", 401),
        ("GET", "/admin/", 200),
        ("GET", "/demo/", 200),
        ("GET", "/docs/", 200),
        ("GET", "/problems/thread-closed", 200),
        ("GET", "/problems/none", 404),
        ("GET", "/embed.js", 200),
    ],
)
def test_every_answer_protects_readers(live: Live, method: str, path: str, status: int) -> None:
    with live.client() as client:
        answer = client.request(method, path)
    assert answer.status_code == status
    for name, value in PROTECTION.items():
        assert answer.headers[name] == value, name
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert len(answer.headers["x-request-id"]) == 16


def test_the_widget_may_be_loaded_by_any_page_and_is_asked_for_once(live: Live) -> None:
    with live.client() as client:
        first = client.get("/embed.js")
        again = client.get("/embed.js", headers={"if-none-match": first.headers["etag"]})
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert again.status_code == 304


def test_a_fault_of_ours_tells_nothing_of_it(live: Live) -> None:
    async def lose(database: Database) -> None:
        async with database.transaction() as tx:
            await tx.run("alter table comment rename to lost")

    live.with_database(lose)
    with live.client() as client:
        answer = client.post(f"{live.api}/comments", json=draft())
        assert answer.status_code == 500
        assert answer.json()["type"].endswith("/problems/fault")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sqlite" not in answer.text.lower() and "comment (" not in answer.text
        assert client.get("/livez").status_code == 200


@pytest.mark.embedded
def test_a_database_that_is_locked_says_try_again(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(live.settings.sqlite_path, isolation_level=None)) as other:
        other.execute("begin exclusive")
        with live.client() as client:
            answer = client.post(f"{live.api}/comments", json=draft())
        other.execute("rollback")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    with live.client() as client:
        assert client.post(f"{live.api}/comments", json=draft()).status_code == 202


def test_the_schema_is_found_wherever_the_package_is(live: Live) -> None:
    assert (SCHEMA / "openapi.yaml").exists()
