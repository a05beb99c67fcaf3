"""`gatepost site`: the websites that embed comments, and what each of them wants."""

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import click
import idna
import msgspec
from msgspec.structs import replace

from service import clock
from service.commands.running import with_database
from service.errors import FieldError, Invalid
from service.keys import new_hook_secret
from service.model import SITE_NAME, Site
from service.policy import SECRETS, Policy
from service.settings import Settings
from service.store import sites
from service.store.database import Database

HIDDEN = "(set, and not shown)"
_ADDRESS = "write an address like https://hooks.example.org/comments, without a name or password in it"
# What to write, where a pattern would tell nobody.
_HINTS = {
    "languages": "write languages like en,de",
    "akismet_url": _ADDRESS,
    "akismet_key": "write the key as Akismet shows it",
    "hook_url": _ADDRESS,
    "hook_secret": "write whsec_ and 24 to 64 random bytes in base64; leave it empty and one is made",
}


@click.group()
def site() -> None:
    """Add sites, list them, and set their policies."""


@site.command("add")
@click.argument("name")
@click.option(
    "--origin",
    "origins",
    multiple=True,
    required=True,
    metavar="URL",
    help="An origin, like https://example.org; may be repeated.",
)
def add(name: str, origins: Sequence[str]) -> None:
    """Add a site with a short NAME of a-z, 0-9 and -."""

    async def work(database: Database, _settings: Settings) -> None:
        async with database.transaction() as tx:
            await sites.add(tx, new_site(name, origins))

    with_database(work)
    click.echo(f'Added the site {name}. Its pages may now load the widget with data-site="{name}".')


@site.command("list")
def list_() -> None:
    """List the sites with their origins and policies."""

    async def work(database: Database, _settings: Settings) -> Sequence[Site]:
        return await sites.every(database)

    for one in with_database(work):
        click.echo(f"{one.name}  {' '.join(one.origins)}")
        for key, value in msgspec.to_builtins(one.policy).items():
            click.echo(f"    {key}={HIDDEN if key in SECRETS and value else _shown(value)}")


@site.command("set")
@click.argument("name")
@click.argument("changes", nargs=-1, required=True, metavar="KEY=VALUE…")
def set_(name: str, changes: Sequence[str]) -> None:
    """Change a site: its policy's keys as `site list` shows them, or origins=URL,URL.

    A first hook_url makes a hook_secret too, printed once, as the last word.
    """

    async def work(database: Database, _settings: Settings) -> tuple[Policy, Policy]:
        async with database.transaction() as tx:
            before = await sites.get(tx, name)
            changed = changed_site(before, changes)
            await sites.change(tx, changed)
        return before.policy, changed.policy

    before, after = with_database(work)
    click.echo(f"Changed {name}: {', '.join(change.partition('=')[0] for change in changes)}")
    if after.hook_secret != before.hook_secret and after.hook_secret:
        click.echo("The hook verifies what is sent to it with this secret; it will not be shown again:")
        click.echo(after.hook_secret)


def new_site(name: str, origins: Sequence[str]) -> Site:
    """Return a site with the default policy. Raises Invalid."""
    if not re.fullmatch(SITE_NAME, name):
        raise Invalid(FieldError("NAME", f"{name!r} cannot be used; take 1 to 64 of a-z, 0-9 and -"))
    return Site(name, tuple(dict.fromkeys(origin(text) for text in origins)), Policy(), clock.now())


def changed_site(before: Site, changes: Sequence[str]) -> Site:
    """Return the site with these KEY=VALUE changes. Raises Invalid naming the key."""
    policy, origins = msgspec.to_builtins(before.policy), before.origins
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise Invalid(FieldError(change, "write it as KEY=VALUE"))
        if key == "origins":
            origins = tuple(dict.fromkeys(origin(text.strip()) for text in value.split(",")))
        elif key in policy:
            policy[key] = _value(policy[key], value)
            _check(key, policy)
        else:
            raise Invalid(FieldError(key, f"there is no such key; there are origins, {', '.join(policy)}"))
    if policy["hook_url"] and not policy["hook_secret"]:
        policy["hook_secret"] = new_hook_secret()
    return replace(before, origins=origins, policy=msgspec.convert(policy, Policy, strict=False))


def origin(text: str) -> str:
    """Return an origin as browsers send it. Raises Invalid."""
    try:
        parts = urlsplit(text)
        port, host = parts.port, _host(parts.hostname or "")
    except ValueError:
        raise _no_origin(text) from None
    bare = parts.path in ("", "/") and not parts.query and not parts.fragment and "@" not in parts.netloc
    if parts.scheme not in ("http", "https") or not bare:
        raise _no_origin(text)
    standard = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != standard else "")


def _no_origin(text: str) -> Invalid:
    detail = f"{text!r} is no origin; write out each one, like https://example.org, without a path and without stars"
    return Invalid(FieldError("origin", detail))


def _host(name: str) -> str:
    """Return a host as browsers send it: `bücher.example` as `xn--bcher-kva.example`. Raises ValueError."""
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name)}]"
    sent = name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
    if not re.fullmatch(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", sent):
        raise ValueError("no host name")
    return sent


def _check(key: str, policy: dict[str, object]) -> None:
    try:
        msgspec.convert(policy, Policy, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(FieldError(key, _HINTS.get(key) or str(error).split(" - at ")[0])) from None


def _value(before: object, text: str) -> object:
    if isinstance(before, tuple):
        return [word.strip() for word in text.split(",") if word.strip()]
    return {"true": True, "false": False}.get(text, text)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
