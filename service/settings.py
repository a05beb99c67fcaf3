"""What an operator can set: environment variables, or the same keys in `gatepost.toml`; the environment wins.

Any key can also be given as `KEY_FILE`, a file that holds the value, for secrets.
What is unknown or wrong stops the start.
"""

import ipaddress
import os
import re
import secrets
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from service.clock import DAY, HOUR, MINUTE, SECOND
from service.errors import BadSettings
from service.model import Rate

PREFIX = "GATEPOST_"
CONFIG_FILE = Path("gatepost.toml")
_KNOWN_SECRETS = {"changeme", "change-me", "secret", "password", "gatepost"}
SECRET_MIN = 16
POST_RATE = Rate(10, MINUTE)
_PERIODS = {"second": SECOND, "minute": MINUTE, "hour": HOUR, "day": DAY}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Settings:
    """Everything an operator sets; a site's own wishes are its policy, kept in the database."""

    database: str = field(default="sqlite:///gatepost.db", repr=False)
    secret: str = field(default="", repr=False)
    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8080
    trusted_proxies: tuple[Network, ...] = ()
    outbound_networks: tuple[Network, ...] = ()
    post_rate: Rate | None = POST_RATE
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    log: Literal["text", "json"] = "text"
    demo: bool = False

    @property
    def embedded(self) -> bool:
        """Whether the database is a file beside the service."""
        return self.database.startswith("sqlite:")

    @property
    def sqlite_path(self) -> Path:
        """Where the embedded database is. Raises BadSettings for any other engine."""
        scheme, _, path = self.database.partition(":///")
        if scheme != "sqlite" or not path:
            raise BadSettings(
                f"GATEPOST_DATABASE: {self.database!r} cannot be used; write sqlite:///gatepost.db, "
                "or sqlite:////var/lib/gatepost/gatepost.db for a full path"
            )
        return Path(path)

    @property
    def secure(self) -> bool:
        """Whether readers come over TLS, so that cookies may be marked Secure."""
        return self.public_url.startswith("https://")


def load(environment: Mapping[str, str], config_file: Path = CONFIG_FILE) -> Settings:
    """Read the settings. Raises BadSettings naming the key and what to do."""
    given = _from_file(config_file) | _from_environment(environment)
    values = {name: _READ[name](PREFIX + name.upper(), text) for name, text in given.items()}
    settings = Settings(**values)
    if not settings.public_url:
        values["public_url"] = f"http://{_reachable(settings.host)}:{settings.port}"
    if not settings.secret:
        if not settings.embedded:
            raise BadSettings("GATEPOST_SECRET: is needed with PostgreSQL, and the same for every instance")
        values["secret"] = _own_secret(settings.sqlite_path)
    return Settings(**values)


def _reachable(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - listening everywhere is the operator's wish; no browser goes there
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _from_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadSettings(f"{path}: cannot be read: {error}") from error
    given = {}
    for key, value in table.items():
        given[_known(key.upper(), str(path))] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return given


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    given = {}
    for key, text in environment.items():
        if not key.startswith(PREFIX):
            continue
        if key.endswith("_FILE"):
            name = _known(key.removesuffix("_FILE"), "the environment")
            try:
                given[name] = Path(text).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise BadSettings(f"{key}: cannot read {text}: {error}") from error
        else:
            given.setdefault(_known(key, "the environment"), text)
    return given


def _known(key: str, where: str) -> str:
    name = key.removeprefix(PREFIX).lower()
    if not key.startswith(PREFIX) or name not in _READ:
        names = ", ".join(PREFIX + known.upper() for known in sorted(_READ))
        raise BadSettings(f"{key}: there is no such setting (found in {where}); there are {names}")
    return name


def _own_secret(database: Path) -> str:
    # Kept beside the database: whoever can read the one can read the other, and a backup of the folder has both.
    path = database.with_name(database.name + ".secret")
    try:
        if not path.exists():
            _keep_first(path, secrets.token_urlsafe(32))
        return _secret(f"GATEPOST_SECRET, kept in {path},", path.read_text("ascii").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(
            f"GATEPOST_SECRET: is not set, and none can be kept in {path} ({error}). "
            "Check that the folder exists and can be written in, or set GATEPOST_SECRET"
        ) from error


def _keep_first(path: Path, text: str) -> None:
    """Write a file that is whole or not there; of several processes that begin at once, the first wins."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # readable by this user alone
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


def _text(_key: str, text: str) -> str:
    return text


def _database(key: str, text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise BadSettings(
            f"{key}: {text.split('://')[0]!r} is no database that can be used; write sqlite:///gatepost.db, "
            "or postgresql://user:password@host/database"
        )
    return text


def _secret(key: str, text: str) -> str:
    if len(text) < SECRET_MIN or text.lower() in _KNOWN_SECRETS:
        raise BadSettings(f"{key}: is too easy to guess; use at least {SECRET_MIN} random characters")
    return text


def _parts(text: str) -> SplitResult | None:
    """Return the parts of an address with a host and, perhaps, a port; None for anything else."""
    try:
        parts = urlsplit(text)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:  # an unfinished IPv6 address, or a port beyond 65535
        return None


def _url(key: str, text: str) -> str:
    parts = _parts(text)
    if parts is None or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise BadSettings(f"{key}: {text!r} is no address; write one like https://comments.example.org")
    return text.rstrip("/")


def _smtp_url(key: str, text: str) -> str:
    parts = _parts(text)
    if parts is None or parts.scheme not in ("smtp", "smtps"):
        raise BadSettings(f"{key}: write it like smtp://user:password@mail.example.org:587, or smtps:// for port 465")
    return text


def _mail_from(key: str, text: str) -> str:
    if "@" not in text or any(c in text for c in "\r\n"):
        raise BadSettings(f"{key}: {text!r} is no e-mail address")
    return text


def _port(key: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65_535:
        raise BadSettings(f"{key}: {text!r} is no port; write a whole number from 0 to 65535")
    return int(text)


def _networks(key: str, text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise BadSettings(f"{key}: {error}; write address ranges like 10.0.0.0/8,127.0.0.1/32") from error


def _rate(key: str, text: str) -> Rate | None:
    if text == "off":
        return None
    count, _, period = text.partition("/")
    if not re.fullmatch("[1-9][0-9]{0,5}", count) or period not in _PERIODS:
        raise BadSettings(f"{key}: {text!r} is no rate; write one like 10/minute or 100/hour, or off")
    return Rate(int(count), _PERIODS[period])


def _log(key: str, text: str) -> str:
    if text not in ("text", "json"):
        raise BadSettings(f"{key}: {text!r} is not known; write text or json")
    return text


def _yes_no(key: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise BadSettings(f"{key}: write true or false")
    return text.lower() == "true"


_READ: dict[str, Any] = {
    "database": _database,
    "secret": _secret,
    "public_url": _url,
    "host": _text,
    "port": _port,
    "trusted_proxies": _networks,
    "outbound_networks": _networks,
    "post_rate": _rate,
    "smtp_url": _smtp_url,
    "mail_from": _mail_from,
    "log": _log,
    "demo": _yes_no,
}
