"""Runs Isso beside Gatepost, as its documentation says, with the same thread: where pip can install it."""

import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.drafts import drafts
from bench.measure import request
from bench.servers import COMMENTS, THREAD, Server, client, free_port, process

WANTED = ("isso==0.14.0", "gunicorn>=27", "gevent>=26")
GET = request("GET", f"/?uri={THREAD}&sort=oldest&offset=0&nested_limit=5", headers={"accept-encoding": "gzip"})
# Without a title it would fetch the page to read it there.
TITLE = "A page"
TITLED = f'"title": "{TITLE}"'.encode()
_CONF = """
[general]
dbpath = {folder}/isso.db
host = https://bench.example
[moderation]
enabled = false
[guard]
enabled = false
"""


def install(folder: Path) -> Path | None:
    """Install it into an environment of its own, and return the folder of its programs; None if that fails."""
    programs = folder / "bin"
    if not (programs / "gunicorn").exists():
        venv.create(folder, with_pip=True)
        words = [str(programs / "python"), "-m", "pip", "install", "--quiet", *WANTED]
        if subprocess.run(words, capture_output=True, check=False).returncode:
            return None
    return programs


@contextmanager
def serving(programs: Path, folder: Path) -> Iterator[Server]:
    """Run it with four workers, as its Dockerfile does, and 50 comments in the thread."""
    port = free_port()
    (folder / "isso.conf").write_text(_CONF.format(folder=folder))
    words = [str(programs / "gunicorn"), "-b", f"127.0.0.1:{port}", "-w", "4", "--preload", "isso.run"]
    settings = {"ISSO_SETTINGS": str(folder / "isso.conf"), "PATH": f"{programs}:/usr/bin:/bin"}
    with process(words, port, folder, settings) as server:
        with client(server) as http:
            for number, draft in enumerate(drafts(THREAD, COMMENTS)):
                text = draft["body"].replace("@@@@@@@@", str(number))
                comment = {"text": text, "author": draft["author"], "title": TITLE}
                http.post("/new", params={"uri": THREAD}, json=comment).raise_for_status()
        yield server


def posts(bodies: list[bytes]) -> list[bytes]:
    """Return our posts as Isso wants them."""
    headers = {"content-type": "application/json"}
    renamed = (body.replace(b'"body"', b'"text"').replace(b'"thread": "/posted/"', TITLED) for body in bodies)
    return [request("POST", "/new?uri=/posted/", body, headers) for body in renamed]


if __name__ == "__main__":
    sys.exit(0 if install(Path(sys.argv[1])) else 1)
