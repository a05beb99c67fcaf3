"""The Akismet protocol: a published client works with a changed address, and what it submits is learned."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import akismet
import httpx
import pytest

from service.model import Role
from tests.conftest import Live

ROOT = Path(__file__).parent.parent
CLIENTS = ROOT / ".venv" / "clients"
SCRIPT = ROOT / "tests" / "clients" / "akismet.js"
BLOG = "https://blog.example"
SPAM: akismet.AkismetArguments = {
    "comment_author": "Cheap Pills Online",
    "comment_author_url": "https://pills.example/buy/viagra",
    "comment_content": "Great post! Buy cheap viagra https://pills.example/buy https://casino.example/win now!!!",
}
HAM: akismet.AkismetArguments = {
    "comment_author": "Ann",
    "comment_content": "The ball against the wall helped my back. How long do you hold it?",
}


@pytest.fixture
def to_gatepost(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setattr("akismet._common._API_URL", live.url)
    yield live


@contextmanager
def client(live: Live, role: Role = "moderator", key: str | None = None) -> Iterator[akismet.SyncClient]:
    config = akismet.Config(key=key or live.token(role), url=BLOG)
    with httpx.Client(trust_env=False, timeout=20) as plain:
        yield akismet.SyncClient(config=config, http_client=plain)


def raw(live: Live, operation: str, **fields: str) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=20) as plain:
        return plain.post(f"{live.url}/1.1/{operation}", data=fields)


def test_a_key_is_good_until_it_is_not(to_gatepost: Live) -> None:
    with client(to_gatepost) as good:
        assert good.verify_key()
        assert not good.verify_key(key="gp_nothing", url=BLOG)
    with client(to_gatepost, key="gp_nothing") as bad, pytest.raises(akismet.APIKeyError):
        bad.comment_check(user_ip="192.0.2.1", **HAM)


def test_a_client_hears_what_is_spam_and_nothing_is_kept(to_gatepost: Live) -> None:
    with client(to_gatepost, "reader") as asking:
        assert asking.comment_check(user_ip="192.0.2.1", **SPAM) in (
            akismet.CheckResponse.SPAM,
            akismet.CheckResponse.DISCARD,
        )
        assert asking.comment_check(user_ip="192.0.2.1", **HAM) is akismet.CheckResponse.HAM
    with to_gatepost.moderator() as moderator:
        for status in ("pending", "spam"):
            assert moderator.get(f"{to_gatepost.api}/queue?status={status}").json()["total"] == 0


def test_what_is_submitted_teaches_and_the_last_word_counts(to_gatepost: Live) -> None:
    def probability() -> float:
        with to_gatepost.moderator() as moderator:
            wanted = {"body": HAM["comment_content"], "author": "Ann"}
            return float(moderator.post(f"{to_gatepost.api}/check", json=wanted).json()["spam_probability"])

    before = probability()
    with client(to_gatepost) as teaching:
        assert teaching.submit_spam(user_ip="192.0.2.1", **HAM | {"is_test": True})
        assert probability() == before
        assert teaching.submit_spam(user_ip="192.0.2.1", **HAM)
        taught = probability()
        assert taught > before
        assert teaching.submit_spam(user_ip="192.0.2.1", **HAM)
        assert probability() == pytest.approx(taught, abs=0.01)
        assert teaching.submit_ham(user_ip="192.0.2.1", **HAM)
        assert probability() < before


def test_the_test_author_and_a_filled_honeypot_are_spam_and_an_administrator_is_not(live: Live) -> None:
    always = {"api_key": live.token(), "blog": BLOG, "user_ip": "192.0.2.1", "comment_content": "A fine article."}
    assert raw(live, "comment-check", **always).text == "false"
    assert raw(live, "comment-check", **always, comment_author="viagra-test-123").text == "true"
    email = "akismet-guaranteed-spam@example.com"
    assert raw(live, "comment-check", **always, comment_author_email=email).text == "true"
    assert raw(live, "comment-check", **always, honeypot_field_name="trap", trap="filled in").text == "true"
    assert (
        raw(live, "comment-check", **always, comment_author="Cheap Pills Online", user_role="administrator").text
        == "false"
    )


@pytest.mark.parametrize(
    ("operation", "fields", "said"),
    [
        ("verify-key", {"blog": BLOG}, "api_key"),
        ("verify-key", {"key": "gp_none", "blog": BLOG}, "not valid"),
        ("comment-check", {"api_key": "reader", "user_ip": "192.0.2.1"}, "blog"),
        ("comment-check", {"api_key": "reader", "blog": BLOG}, "user_ip"),
        ("submit-spam", {"api_key": "reader", "blog": BLOG, "user_ip": "192.0.2.1"}, "moderator"),
    ],
)
def test_what_is_missing_is_named_in_the_debug_header(
    live: Live, operation: str, fields: dict[str, str], said: str
) -> None:
    if fields.get("api_key") == "reader":
        fields = fields | {"api_key": live.token("reader")}
    answer = raw(live, operation, **fields)
    assert (answer.status_code, answer.text) == (200, "invalid")
    assert said in answer.headers["x-akismet-debug-help"]


def test_odd_bytes_are_read_as_far_as_they_can_be(live: Live) -> None:
    fields = {"api_key": live.token(), "blog": BLOG, "user_ip": "192.0.2.1", "server_var": "x"}
    text = "&".join(f"{name}={value}" for name, value in fields.items()) + "&comment_content=a%00b%FF%ED%A0%80"
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    with httpx.Client(trust_env=False, timeout=20) as plain:
        answer = plain.post(f"{live.url}/1.1/comment-check", content=text, headers=headers)
    assert (answer.status_code, answer.text) == (200, "false")


def test_a_published_client_in_javascript_is_satisfied_too(live: Live) -> None:
    node = shutil.which("node")
    if not node or not (CLIENTS / "node_modules").exists():
        pytest.skip("node and npm are not here, or `make .venv/clients` was not run")
    environment = {"URL": live.url, "KEY": live.token(), "SPAM": json.dumps(of(SPAM)), "HAM": json.dumps(of(HAM))}
    done = subprocess.run(
        [node, "--input-type=module"],
        input=SCRIPT.read_text(),
        cwd=CLIENTS,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    heard = json.loads(done.stdout)
    assert "not valid" in heard.pop("refused")
    assert heard == {"good": True, "spam": True, "ham": True, "strangerGood": False}
    with live.moderator() as moderator:
        assert moderator.get(f"{live.api}/learning").json()["ham"] == 1, "the last word counts"


def of(fields: akismet.AkismetArguments) -> dict[str, str]:
    names = {"author": "comment_author", "website": "comment_author_url", "body": "comment_content"}
    return {ours: str(fields[theirs]) for ours, theirs in names.items() if theirs in fields}  # type: ignore[literal-required]
