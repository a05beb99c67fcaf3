"""`gatepost doctor`: looks the installation over, and says what to mend and how."""

import asyncio
import smtplib
import sqlite3
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import urlsplit

import click
from msgspec import Struct

from service.app import connect
from service.commands.running import settings
from service.errors import GatepostError
from service.settings import Settings
from service.store import people, sites
from service.store.database import Database
from service.store.migrate import missing

# Two connections that write at once can damage the file in versions before this one (the WAL-reset fault).
SQLITE_SAFE = (3, 51, 3)
SMTP_TIMEOUT = 5
CLOCK_EPOCH = 1_767_225_600  # 1 January 2026, in seconds; no right clock shows less


class Finding(Struct, frozen=True):
    """One thing that was looked at: `ok`, `note` or `bad`, and what to do."""

    level: str
    detail: str


Look = Callable[[Database], Awaitable[Finding]]


@click.command()
def doctor() -> None:
    """Check the configuration, the database, mail, proxies and the clock; say what to mend."""
    try:
        given = settings()
    except GatepostError as error:
        findings = [Finding("bad", error.detail)]
    else:
        findings = [
            *_surroundings(given),
            *(_database_file(given) if given.embedded else asyncio.run(_database(given))),
        ]
    for finding in findings:
        click.echo(f"{finding.level:>4}  {finding.detail}")
    sys.exit(1 if any(finding.level == "bad" for finding in findings) else 0)


def _surroundings(given: Settings) -> list[Finding]:
    embedded = [*_secret(given), *_sqlite_version()] if given.embedded else []
    return [*_clock(), *_addresses(given), *embedded, *_mail(given)]


def _database_file(given: Settings) -> list[Finding]:
    path = given.sqlite_path
    if not path.exists() or path.stat().st_size == 0:
        return [Finding("note", f"{path} does not exist yet; gatepost serve makes it")]
    return asyncio.run(_database(given))


def _clock() -> Iterator[Finding]:
    if time.time() < CLOCK_EPOCH:
        yield Finding("bad", "the clock is wrong: it shows a time before this version was made; set it, or start NTP")
    else:
        yield Finding("ok", "the clock shows a likely time")


def _addresses(given: Settings) -> Iterator[Finding]:
    host = urlsplit(given.public_url).hostname or ""
    local = host in ("127.0.0.1", "localhost", "::1")
    if local:
        yield Finding("note", f"GATEPOST_PUBLIC_URL is {given.public_url}: right for trying, not for readers elsewhere")
    elif not given.secure:
        yield Finding(
            "bad", f"GATEPOST_PUBLIC_URL is {given.public_url}: sign-in cookies would travel in the clear; use https"
        )
    else:
        yield Finding("ok", f"readers reach the service at {given.public_url}")
    if not local and given.host in ("127.0.0.1", "localhost") and not given.trusted_proxies:
        yield Finding(
            "bad",
            "the service stands behind a proxy and GATEPOST_TRUSTED_PROXIES is empty: every reader seems to come from "
            "the proxy's address and shares one limit; set it to the proxy's address, like 127.0.0.1/32",
        )
    else:
        yield Finding("ok", f"forwarded addresses are believed from: {_ranges(given)}")


def _ranges(given: Settings) -> str:
    return ", ".join(map(str, given.trusted_proxies)) or "nobody"


def _secret(given: Settings) -> Iterator[Finding]:
    kept = given.sqlite_path.with_name(given.sqlite_path.name + ".secret")
    if kept.exists() and kept.stat().st_mode & 0o077:
        yield Finding("bad", f"{kept} can be read by other users of this machine; run chmod 600 {kept}")
    else:
        yield Finding("ok", "the secret is set and not open to others")


def _sqlite_version() -> Iterator[Finding]:
    if sqlite3.sqlite_version_info < SQLITE_SAFE:
        yield Finding(
            "note",
            f"SQLite is {sqlite3.sqlite_version}; before 3.51.3 two processes that write at the same instant can "
            "damage the file, so keep to one worker",
        )
    else:
        yield Finding("ok", f"SQLite is {sqlite3.sqlite_version}")


def _mail(given: Settings) -> Iterator[Finding]:
    if not given.smtp_url:
        yield Finding("note", "GATEPOST_SMTP_URL is not set: nobody is told anything by e-mail")
        return
    if not given.mail_from:
        yield Finding(
            "bad", "GATEPOST_SMTP_URL is set and GATEPOST_MAIL_FROM is not; say from which address mail comes"
        )
    parts = urlsplit(given.smtp_url)
    try:
        _greet(parts.scheme, parts.hostname or "", parts.port, parts.username, parts.password)
    except (OSError, smtplib.SMTPException) as error:
        yield Finding("bad", f"the mail server {parts.hostname} does not work: {error}; check GATEPOST_SMTP_URL")
    else:
        yield Finding("ok", f"the mail server {parts.hostname} answers")


def _greet(scheme: str, host: str, port: int | None, user: str | None, password: str | None) -> None:
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(host, port or 465, timeout=SMTP_TIMEOUT, context=context)
        if scheme == "smtps"
        else smtplib.SMTP(host, port or 587, timeout=SMTP_TIMEOUT)
    )
    with server:
        if scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
        if user and password:
            server.login(user, password)
        server.noop()


async def _database(given: Settings) -> list[Finding]:
    try:
        database = await connect(given)
    except GatepostError as error:
        return [Finding("bad", error.detail)]
    try:
        sound = _FILE if given.embedded else _SERVER
        return [await _looked(look, failed, database) for look, failed in [sound, *_LOOKS]]
    finally:
        await database.close()


async def _looked(look: Look, failed: str, database: Database) -> Finding:
    try:
        return await look(database)
    except Exception as error:  # whatever it is, the other looks are worth taking
        return Finding("bad", f"{failed}: {error}")


async def _file_is_sound(database: Database) -> Finding:
    rows = await database.all("pragma quick_check(1)")
    said = rows[0]["quick_check"] if rows else "nothing"
    if said != "ok":
        return Finding("bad", f"the database file is damaged ({said}); stop the service and restore a backup")
    return Finding("ok", "the database file is sound")


async def _server_answers(database: Database) -> Finding:
    row = await database.one("select current_setting('server_version') as version, current_setting('fsync') as fsync")
    if row is None or row["fsync"] != "on":
        return Finding("bad", "the PostgreSQL server runs with fsync off: a power cut may lose comments")
    return Finding("ok", f"PostgreSQL {row['version']} answers")


async def _shape(database: Database) -> Finding:
    left = await missing(database)
    if left:
        return Finding("note", f"the database will be migrated at the next start: {', '.join(left)}")
    return Finding("ok", "the database has the shape that this version needs")


async def _writable(database: Database) -> Finding:
    async with database.transaction() as tx:
        await tx.run("update site set policy = policy")
    return Finding("ok", "the database can be written")


async def _looked_after(database: Database) -> Finding:
    every, everyone = await sites.every(database), await people.every(database)
    lonely = [site.name for site in every if not any(site.name in person.roles for person in everyone)]
    if lonely:
        return Finding("note", f"nobody looks after {', '.join(lonely)}; run gatepost moderator add")
    return Finding("ok", f"{len(every)} sites, {len(everyone)} people")


async def _tallied(database: Database) -> Finding:
    rows = await database.all(
        """select site, status, cast(sum(n) as bigint) as off from (
               select site, status, count as n from tally
               union all select site, status, -1 from comment
           ) as compared group by site, status having sum(n) <> 0"""
    )
    if rows:
        wrong = ", ".join(f"{row['status']} of {row['site']} by {row['off']:+}" for row in rows[:3])
        return Finding("bad", f"the queue's counts are off: {wrong}")
    return Finding("ok", "the queue's counts are right")


async def _counted(database: Database) -> Finding:
    rows = await database.all(
        """select t.site, t.key, t.count, (
               select count(*) from comment as c where c.site = t.site and c.thread = t.key and c.status = 'approved'
           ) as found
           from thread as t"""
    )
    wrong = [row for row in rows if row["count"] != row["found"]]
    if wrong:
        first = wrong[0]
        return Finding(
            "bad", f"{len(wrong)} threads show a wrong count, {first['key']!r} of {first['site']} among them"
        )
    return Finding("ok", f"the counts of all {len(rows)} threads are right")


# Each look, and what to say when it cannot be taken.
_FILE: tuple[Look, str] = (_file_is_sound, "the database file cannot be read; stop the service and restore a backup")
_SERVER: tuple[Look, str] = (_server_answers, "the PostgreSQL server cannot be asked")
_LOOKS: list[tuple[Look, str]] = [
    (_shape, "the database has not the shape that is needed"),
    (_writable, "the database cannot be written; check the folder's owner and the space left"),
    (_looked_after, "sites and people cannot be read"),
    (_counted, "threads and comments cannot be read"),
    (_tallied, "the queue's counts cannot be read"),
]
