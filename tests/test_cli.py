"""The commands, run as an owner runs them: as processes, with what they print and how they end."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from tests.ports import free_port


class Terminal:
    """A terminal in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")}
        self.environment = kept | {"PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONWARNINGS": "error"}

    def run(self, *words: str, text: str | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = self.environment | {f"GATEPOST_{name}": value for name, value in settings.items()}
        return subprocess.run(
            [sys.executable, "-m", "service.cli", *words],
            cwd=self.folder,
            env=environment,
            input=text,
            capture_output=True,
            text=True,
        )

    def do(self, *words: str, text: str | None = None) -> str:
        done = self.run(*words, text=text)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_help_explains_every_command(terminal: Terminal) -> None:
    said = terminal.do("--help")
    for name in ("serve", "site", "moderator", "token", "check", "doctor", "train", "evaluate"):
        assert name in said
        assert terminal.do(name, "--help").startswith("Usage: ")


def test_wrong_usage_ends_with_2(terminal: Terminal) -> None:
    assert terminal.run("publish").returncode == 2
    assert terminal.run("serve", "--port", "many").returncode == 2
    assert terminal.run("token", "create", "--site", "blog", "--role", "king").returncode == 2


def test_a_typo_in_a_setting_stops_everything(terminal: Terminal) -> None:
    done = terminal.run("site", "list", DATABSE="sqlite:///x.db")
    assert done.returncode == 1
    assert "GATEPOST_DATABSE" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_list_is_set_with_commas_and_shown_with_commas(terminal: Terminal) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://blog.example")
    terminal.do("site", "set", "blog", "languages=en,de", "own_words=flimflam*, two words")
    shown = terminal.do("site", "list")
    assert "languages=en,de" in shown and "own_words=flimflam*,two words" in shown
    terminal.do("site", "set", "blog", "languages=")
    assert "languages=en" not in terminal.do("site", "list")


def test_sites_are_added_listed_and_set(terminal: Terminal) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://Example.org:443/", "--origin", "http://localhost:4000")
    assert "https://example.org http://localhost:4000" in terminal.do("site", "list")
    terminal.do("site", "set", "blog", "publish=clean", "spam_at=0.8", "open=false")
    said = terminal.do("site", "list")
    assert "publish=clean" in said and "spam_at=0.8" in said and "open=false" in said


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("site", "add", "My Blog", "--origin", "https://a.example"), "NAME"),
        (("site", "add", "blog", "--origin", "a.example"), "origin"),
        (("site", "add", "blog", "--origin", "https://a.example/path"), "origin"),
        (("site", "add", "blog", "--origin", "https://*.a.example"), "origin"),
        (("site", "add", "blog", "--origin", "https://a b.example"), "origin"),
        (("site", "add", "blog", "--origin", "https://a.example:99999"), "origin"),
        (("site", "add", "blog", "--origin", "https://["), "origin"),
        (("site", "set", "none", "open=true"), "none"),
        (("moderator", "add", "nobody", "--site", "blog", "--role", "owner"), "EMAIL"),
        (("moderator", "add", "a@b.example", "--site", "none", "--role", "owner"), "none"),
        (("moderator", "login-link", "a@b.example"), "a@b.example"),
        (("moderator", "remove", "a@b.example", "--site", "blog"), "a@b.example"),
        (("token", "create", "--site", "none", "--role", "reader"), "none"),
        (("token", "revoke", "none"), "none"),
        (("check", "--site", "none"), "none"),
    ],
)
def test_what_cannot_be_done_ends_with_1_and_says_why(terminal: Terminal, words: tuple[str, ...], named: str) -> None:
    done = terminal.run(*words, text='{"body": "x"}\n')
    assert done.returncode == 1
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_a_thread_is_merged_into_another(terminal: Terminal) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://a.example")
    done = terminal.run("thread", "merge", "/old/", "/new/", "--site", "blog")
    assert (done.returncode, "there is no thread '/old/'" in done.stderr) == (1, True)
    with closing(sqlite3.connect(terminal.folder / "gatepost.db")) as database, database:
        database.execute("insert into thread (site, key, count, version) values ('blog', '/old/', 0, 1)")
    assert terminal.do("thread", "merge", "/old/", "/new/", "--site", "blog").startswith("Moved 0 comments.")
    with closing(sqlite3.connect(terminal.folder / "gatepost.db")) as database:
        assert database.execute("select key, into_key from thread_alias").fetchall() == [("/old/", "/new/")]


@pytest.mark.parametrize(
    "change",
    [
        "publish=maybe",
        "website=never",
        "votes=maybe",
        "consent=true",
        "spam_at=2",
        "spam_at=often",
        "colour=red",
        "open",
        "profanity_at=0",
        "hold_at=nan",
        "origin=",
    ],
)
def test_a_bad_policy_is_named_and_not_kept(terminal: Terminal, change: str) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://a.example")
    before = terminal.do("site", "list")
    done = terminal.run("site", "set", "blog", "edit_minutes=5", change)
    assert done.returncode == 1
    assert change.split("=")[0] in done.stderr
    assert terminal.do("site", "list") == before


def test_a_site_is_never_left_without_an_origin(terminal: Terminal) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://a.example")
    done = terminal.run("site", "set", "blog", "origins=")
    assert (done.returncode, "origin" in done.stderr) == (1, True)
    assert "https://a.example" in terminal.do("site", "list")


def test_an_origin_is_kept_as_browsers_send_it(terminal: Terminal) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://Bücher.example", "--origin", "http://[::1]:8000")
    assert "https://xn--bcher-kva.example http://[::1]:8000" in terminal.do("site", "list")


def test_a_site_is_added_once(terminal: Terminal) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://a.example")
    assert terminal.run("site", "add", "blog", "--origin", "https://b.example").returncode == 1


def test_people_come_and_go(terminal: Terminal) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://a.example")
    assert "/admin/sign-in/" in terminal.do("moderator", "add", "Ann@a.example", "--site", "blog", "--role", "owner")
    assert "ann@a.example  owner of blog" in terminal.do("moderator", "list")
    link = terminal.do("moderator", "login-link", "ann@a.example")
    assert link.startswith("http://127.0.0.1:8080/admin/sign-in/")
    terminal.do("moderator", "remove", "ann@a.example", "--site", "blog")
    assert "no site" in terminal.do("moderator", "list")


def test_a_token_is_the_last_word_and_is_not_kept(terminal: Terminal) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://a.example")
    token = terminal.do("token", "create", "--site", "blog", "--role", "reader", "--name", "stats").split()[-1]
    listed = terminal.do("token", "list")
    assert "reader  stats" in listed and "never used" in listed and token not in listed
    assert token.encode() not in (terminal.folder / "gatepost.db").read_bytes()
    terminal.do("token", "revoke", listed.split()[0])
    assert "revoked" in terminal.do("token", "list", "--site", "blog")


def test_check_judges_each_line_in_order_and_stores_nothing(terminal: Terminal) -> None:
    lines = [
        {"id": 1, "body": "Thank you, the stretches helped my back."},
        {"body": "Cheap viagra https://pills.example https://casino.example click here!!!", "author": "Cheap Pills"},
        {"id": "three", "body": "What a load of shit"},
    ]
    said = [json.loads(line) for line in terminal.do("check", text="\n".join(map(json.dumps, lines))).splitlines()]
    assert [line.get("id") for line in said] == [1, None, "three"]
    assert all(
        set(line) - {"id"} == {"outcome", "spam_probability", "profanity", "reasons", "signals"} for line in said
    )
    assert said[0]["spam_probability"] < 0.5 < said[1]["spam_probability"]
    assert [line["profanity"] > 0 for line in said] == [False, False, True]
    assert not (terminal.folder / "gatepost.db").exists()


def test_check_goes_on_after_a_bad_line_and_says_so_at_the_end(terminal: Terminal) -> None:
    bad = ["[1]", "{", '{"author": "nobody"}', '{"body": 5}', "null", '{"body": "\\ud800"}']
    done = terminal.run("check", text="\n".join(['{"body": "fine"}', *bad, '{"body": "fine too"}']))
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [line.get("line") for line in said] == [None, 2, 3, 4, 5, 6, 7, None]
    assert all(line["error"] for line in said[1:-1])


def test_check_reads_a_file_and_a_sites_policy(terminal: Terminal) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://a.example")
    terminal.do("site", "set", "blog", "publish=clean", "hold_at=1")
    (terminal.folder / "comments.jsonl").write_text('{"body": "Thank you, very helpful."}\n')
    assert json.loads(terminal.do("check", "comments.jsonl"))["outcome"] == "hold"
    assert json.loads(terminal.do("check", "comments.jsonl", "--site", "blog"))["outcome"] == "publish"


def test_doctor_finds_nothing_to_mend_in_a_fresh_installation(terminal: Terminal) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://a.example")
    said = terminal.do("doctor")
    assert "the database file is sound" in said
    assert "nobody looks after blog" in said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PUBLIC_URL": "http://comments.example.org"}, "https"),
        ({"PUBLIC_URL": "https://comments.example.org"}, "GATEPOST_TRUSTED_PROXIES"),
        ({"SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "a@b.example"}, "mail server"),
        ({"SMTP_URL": "smtp://127.0.0.1:9"}, "GATEPOST_MAIL_FROM"),
        ({"SECRET": "changeme"}, "GATEPOST_SECRET"),
    ],
)
def test_doctor_says_what_to_mend(terminal: Terminal, settings: dict[str, str], said: str) -> None:
    done = terminal.run("doctor", **settings)
    assert done.returncode == 1
    assert any(line.startswith(" bad") and said in line for line in done.stdout.splitlines()), done.stdout


@pytest.mark.parametrize("ours", [False, True])
def test_doctor_finds_words_for_any_database_and_changes_none_that_is_not_ours(terminal: Terminal, ours: bool) -> None:
    path = terminal.folder / "gatepost.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("create table schema_migration (version integer)" if ours else "create table other (a)")
    before = path.read_bytes()
    done = terminal.run("doctor")
    assert done.returncode == 1
    assert ("cannot be read" if ours else "is no database of Gatepost") in done.stdout
    assert "Traceback" not in done.stderr
    assert ours or path.read_bytes() == before


def test_doctor_recounts(terminal: Terminal) -> None:
    terminal.do("site", "add", "blog", "--origin", "https://a.example")
    with closing(sqlite3.connect(terminal.folder / "gatepost.db", isolation_level=None)) as database:
        database.execute("insert into thread (site, key, count) values ('blog', '/a', 3)")
    done = terminal.run("doctor")
    assert done.returncode == 1
    assert "wrong count" in done.stdout


def test_the_demonstration_works_on_another_port_than_last_time(terminal: Terminal) -> None:
    for port in (free_port(), free_port()):
        words = [sys.executable, "-m", "service.cli", "serve", "--demo", "--port", str(port)]
        with subprocess.Popen(
            words, cwd=terminal.folder, env=terminal.environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            next(line for line in process.stdout if "Uvicorn running" in line)
            own = f"http://127.0.0.1:{port}"
            with httpx2.Client(base_url=own, trust_env=False, headers={"origin": own}) as client:
                draft = {"thread": "/demo/", "author": "Ann", "body": f"On port {port}."}
                assert client.post("/api/v1/sites/demo/comments", json=draft).status_code == 202
            process.terminate()
            process.stdout.read()


def test_serve_starts_takes_a_comment_and_ends_when_asked(terminal: Terminal) -> None:
    port = str(free_port())
    words = [sys.executable, "-m", "service.cli", "serve", "--demo", "--port", port]
    with subprocess.Popen(
        words,
        cwd=terminal.folder,
        env=terminal.environment | {"GATEPOST_LOG": "json"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Uvicorn running" in line:
                break
        assert f"http://127.0.0.1:{port}/demo/" in said
        link = next(word for word in said.split() if "/admin/sign-in/" in word)
        draft = {"thread": "/demo/", "author": 'A\n{"level": "x"}', "body": "a private matter"}
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert client.get(link).status_code == 200
            assert client.post("/api/v1/sites/demo/comments", json=draft).status_code == 202
        process.send_signal(signal.SIGTERM)
        said += process.stdout.read()
        process.wait()
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert any(event["event"] == "answered" and event["status"] == 202 for event in events)
    assert "a private matter" not in said
    assert link.rpartition("/")[2] not in said.replace(link, "")


def test_serve_does_not_start_on_a_database_that_cannot_be_used(terminal: Terminal) -> None:
    (terminal.folder / "gatepost.db").write_text("this is no database, and must stay as it is " * 50)
    done = terminal.run("serve", PORT=str(free_port()))
    assert done.returncode == 1
    assert "GATEPOST_DATABASE" in done.stderr
    assert "Traceback" not in done.stderr
