"""Nothing leaves the machine: by default no connection is made and no name looked up, whatever anybody does."""

from pathlib import Path

from tests.conftest import draft
from tests.experiments import COMMENTS, Served
from tests.ports import free_port

WATCHED = Path(__file__).with_name("watched")
TEMPTING = {
    "body": "See https://example.org/page and ![image](https://images.example/a.png), or write to a@mail.example.",
    "email": "reader@mail.example",
    "website": "https://website.example/",
    "title": "A page",
    "url": "https://blog.example/post",
}


class Watched(Served):
    """The service, with a note of each connection that it makes."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, prefix=(), **settings)
        self.notes = folder / "notes"
        self.notes.touch()
        path = f"{WATCHED}:{self.terminal.environment['PYTHONPATH']}"
        self.terminal.environment |= {"PYTHONPATH": path, "NOTES": str(self.notes)}


def test_by_default_nothing_is_connected_to_and_no_name_looked_up(tmp_path: Path) -> None:
    served = Watched(tmp_path)
    served.run("site", "add", "blog", "--origin", "https://blog.example")
    served.run("moderator", "add", "owner@blog.example", "--site", "blog", "--role", "owner")
    served.start()
    try:
        with served.client() as reader, served.moderator() as moderator:
            posted = [
                reader.post(COMMENTS, json=draft(**TEMPTING) | {"body": f"{n}. {TEMPTING['body']}"}).json()
                for n in range(3)
            ]
            key = {"authorization": f"Bearer {posted[0]['edit_token']}"}
            address = f"{COMMENTS}/{posted[0]['id']}"
            assert reader.patch(address, json={"body": TEMPTING["body"]}, headers=key).status_code == 200
            assert reader.post("/api/v1/sites/blog/preview", json={"body": TEMPTING["body"]}).status_code == 200
            ids = [one["id"] for one in posted]
            for action in ("approve", "spam", "approve"):
                decision = {"ids": ids, "action": action}
                assert moderator.post("/api/v1/sites/blog/decisions", json=decision).status_code == 200
            for path in (
                f"{COMMENTS}?thread=/post",
                "/api/v1/sites/blog/counts?thread=/post",
                "/embed.js",
                "/admin/",
                "/docs/",
                "/metrics",
                "/readyz",
            ):
                assert reader.get(path).status_code == 200, path
            assert moderator.get("/api/v1/sites/blog/queue").status_code == 200
            assert reader.delete(address, headers=key).status_code == 204
        served.run("doctor")
    finally:
        served.kill()
    assert served.notes.read_text() == ""


def test_what_an_owner_wants_to_be_asked_is_noted(tmp_path: Path) -> None:
    """The notes above would be worth nothing if this one were not taken."""
    served = Watched(tmp_path, OUTBOUND_NETWORKS="127.0.0.0/8")
    hook = free_port()
    served.run("site", "add", "blog", "--origin", "https://blog.example")
    served.run("site", "set", "blog", f"hook_url=http://127.0.0.1:{hook}/")
    served.start()
    try:
        with served.client() as reader:
            assert reader.post(COMMENTS, json=draft()).status_code == 202
    finally:
        served.kill()
    assert f"socket.connect ('127.0.0.1', {hook})" in served.notes.read_text()
