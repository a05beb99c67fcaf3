"""What an operator sets: every mistake is named before anything starts."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.clock import MINUTE
from service.errors import BadSettings
from service.model import Rate
from service.settings import Settings, load


def read(folder: Path, toml: str = "", **environment: str) -> Settings:
    file = folder / "gatepost.toml"
    file.write_text(toml)
    names = {f"GATEPOST_{name}": value for name, value in environment.items()}
    return load({"PATH": "/bin", "GATEPOST_DATABASE": f"sqlite:///{folder}/g.db"} | names, file)


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8080, "http://127.0.0.1:8080")
    assert settings.post_rate == Rate(10, MINUTE)
    assert settings.trusted_proxies == ()
    assert not settings.secure


@pytest.mark.parametrize(("host", "seen"), [("0.0.0.0", "localhost"), ("::", "localhost"), ("::1", "[::1]")])
def test_the_public_address_is_one_that_a_browser_can_open(tmp_path: Path, host: str, seen: str) -> None:
    assert read(tmp_path, HOST=host).public_url == f"http://{seen}:8080"


def test_a_secret_is_made_once_and_kept_beside_the_database(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)
    assert first.secret == second.secret
    assert len(first.secret) >= 32
    assert (tmp_path / "g.db.secret").stat().st_mode & 0o777 == 0o600


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings = read(tmp_path, 'GATEPOST_PORT = 9000\nGATEPOST_LOG = "json"\n', PORT="9001")
    assert (settings.port, settings.log) == (9001, "json")


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123456789abcdef0123\n")
    assert read(tmp_path, SECRET_FILE=str(tmp_path / "key")).secret == "0123456789abcdef0123"


def test_a_list_may_be_a_list_in_the_file(tmp_path: Path) -> None:
    settings = read(tmp_path, 'GATEPOST_TRUSTED_PROXIES = ["10.0.0.0/8", "::1/128"]')
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]


def test_posting_can_be_left_unlimited(tmp_path: Path) -> None:
    assert read(tmp_path, POST_RATE="off").post_rate is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DATABSE", "sqlite:///g.db"),
        ("DATABASE", "mysql://localhost/g"),
        ("DATABASE", "g.db"),
        ("SECRET", "changeme"),
        ("SECRET", "short"),
        ("SECRET_FILE", "/no/such/file"),
        ("PUBLIC_URL", "comments.example.org"),
        ("PUBLIC_URL", "ftp://comments.example.org"),
        ("PUBLIC_URL", "http://[x"),
        ("PUBLIC_URL", "http://host:99999"),
        ("SMTP_URL", "smtp://mail.example:99999"),
        ("SMTP_URL", "smtp://["),
        ("SECRET_FILE", "/"),
        ("POST_RATE", "0/minute"),
        ("POST_RATE", "10/fortnight"),
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "proxy"),
        ("POST_RATE", "often"),
        ("SMTP_URL", "mail.example.org"),
        ("MAIL_FROM", "nobody"),
        ("LOG", "xml"),
        ("DEMO", "perhaps"),
    ],
)
def test_a_mistake_is_named_with_its_key(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(BadSettings) as error:
        read(tmp_path, **{key: value})
    assert f"GATEPOST_{key}" in error.value.detail


@pytest.mark.parametrize("toml", ["GATEPOST_COLOUR = 1", "PORT = 1", "GATEPOST_PORT = ", "GATEPOST_PORT = [1"])
def test_a_mistake_in_the_file_is_named(tmp_path: Path, toml: str) -> None:
    with pytest.raises(BadSettings) as error:
        read(tmp_path, toml)
    assert "PORT" in error.value.detail or "gatepost.toml" in error.value.detail or "COLOUR" in error.value.detail


def test_a_database_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="GATEPOST_SECRET"):
        load({"GATEPOST_DATABASE": f"sqlite:///{tmp_path}/none/g.db"}, tmp_path / "gatepost.toml")


@pytest.mark.parametrize("kept", ["", "short"])
def test_a_kept_secret_that_anybody_could_guess_stops_the_start(tmp_path: Path, kept: str) -> None:
    (tmp_path / "g.db.secret").write_text(kept)
    with pytest.raises(BadSettings, match="GATEPOST_SECRET"):
        read(tmp_path)


def test_secrets_are_not_shown_with_the_settings(tmp_path: Path) -> None:
    settings = read(tmp_path, SMTP_URL="smtp://user:password@mail.example")
    assert settings.secret not in repr(settings)
    assert "password" not in repr(settings)


def test_processes_that_begin_at_once_share_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        (tmp_path / "gatepost.toml").write_text("")
        environment = {"GATEPOST_DATABASE": f"sqlite:///{tmp_path}/g.db"}
        found = set(pool.map(lambda _: load(environment, tmp_path / "gatepost.toml").secret, range(32)))
    assert len(found) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"gatepost.toml", "g.db.secret"}
