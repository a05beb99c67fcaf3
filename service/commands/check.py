"""`gatepost check`: judges comments from a file and stores nothing."""

import sys
from collections.abc import Iterator
from typing import BinaryIO

import click
import msgspec

from service.commands.running import with_database
from service.errors import GatepostError
from service.judge import gather, look
from service.model import Draft, Facts, Site, Verdict
from service.policy import Policy
from service.store import sites
from service.store.learned import LearnedCache
from service.store.sqlite import SqliteDatabase
from service.web.moderation import check_draft

_FIELDS = ("body", "author", "email", "website", "url", "ip", "user_agent")
_STRANGER = Site("check", (), Policy(), 0)


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--site", "site_name", metavar="NAME", help="Judge by this site's policy and what its filter has learned."
)
def check(file: BinaryIO, site_name: str | None) -> None:
    """Judge comments: JSON Lines in, one line out for each, in order; nothing is stored.

    Each line is an object with `body`, and optionally `author`, `email`, `website`, `url`, `ip`, `user_agent`, `id`.
    """
    bad = with_database(lambda database, _: _with_site(database, site_name, file)) if site_name else _plain(file)
    sys.exit(1 if bad else 0)


def _plain(file: BinaryIO) -> int:
    bad = 0
    for number, line in _lines(file):
        try:
            given, draft = _read(line)
            _say(given, look(draft, Facts(), _STRANGER))
        except _BAD_LINE as error:
            bad += _complain(number, error)
    return bad


async def _with_site(database: SqliteDatabase, site_name: str, file: BinaryIO) -> int:
    site, learned, bad = await sites.get(database, site_name), LearnedCache(), 0
    for number, line in _lines(file):
        try:
            given, draft = _read(line)
            facts, _hash = await gather(database, learned, site, draft)
            _say(given, look(draft, facts, site))
        except _BAD_LINE as error:
            bad += _complain(number, error)
    return bad


_BAD_LINE = (GatepostError, msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    return ((number, line) for number, line in enumerate(file, 1) if line.strip())


def _read(line: bytes) -> tuple[dict[str, object], Draft]:
    given = msgspec.json.decode(line)
    if not isinstance(given, dict):
        raise TypeError("the line is no JSON object")
    return given, check_draft({name: given[name] for name in _FIELDS if name in given})


def _say(given: dict[str, object], verdict: Verdict) -> None:
    head = {"id": given["id"]} if "id" in given else {}
    click.echo(msgspec.json.encode(head | msgspec.to_builtins(verdict)))


def _complain(number: int, error: Exception) -> int:
    click.echo(msgspec.json.encode({"error": str(error), "line": number}))
    return 1
