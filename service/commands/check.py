"""`gatepost check`: judges comments from a file on all cores and stores nothing."""

import asyncio
import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from itertools import islice
from typing import BinaryIO, NamedTuple

import click
import msgspec
from click._termui_impl import ProgressBar

from service import clock
from service.app import open_database
from service.commands.running import settings, with_database
from service.errors import GatepostError
from service.judge import Memory, gather, look
from service.model import Draft, Facts, Site, Verdict
from service.policy import Policy
from service.recent import Recent
from service.store import sites
from service.store.learned import LearnedCache
from service.store.rules import RuleBooks
from service.web.moderation import check_draft

# Lines are handed to another process so many at a time; fewer cost more to hand over than to judge.
CHUNK = 250
_FIELDS = ("body", "author", "email", "website", "url", "ip", "user_agent")
_STRANGER = Site("check", (), Policy(), 0)
_BAD_LINE = (GatepostError, msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError)

Lines = Sequence[tuple[int, bytes]]


class Said(NamedTuple):
    """What was said about some lines, how many of them were bad, and how long they were, in bytes."""

    text: bytes
    bad: int
    size: int


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--site", "site_name", metavar="NAME", help="Judge by this site's policy, rules, and what its filter has learned."
)
def check(file: BinaryIO, site_name: str | None) -> None:
    """Judge comments: JSON Lines in, one line out for each, in order; nothing is stored.

    Each line is an object with `body`, and optionally `author`, `email`, `website`, `url`, `ip`, `user_agent`, `id`.
    """
    if site_name:
        with_database(lambda database, _: sites.get(database, site_name))  # says so before any process is started
    bad, size = 0, _size(file)
    progress: ProgressBar[int]
    quiet = not size or not sys.stderr.isatty() or sys.stdout.isatty()
    with click.progressbar(length=size, label="Judged", file=sys.stderr, hidden=quiet) as progress:
        for said in _said(_chunks(file), site_name):
            sys.stdout.buffer.write(said.text)
            bad += said.bad
            progress.update(said.size)
    sys.exit(1 if bad else 0)


def _size(file: BinaryIO) -> int:
    """Return a file's size in bytes, 0 for a pipe."""
    try:
        return os.fstat(file.fileno()).st_size
    except OSError:
        return 0


def _chunks(file: BinaryIO) -> Iterator[Lines]:
    lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
    while chunk := list(islice(lines, CHUNK)):
        yield chunk


def _said(chunks: Iterator[Lines], site_name: str | None) -> Iterator[Said]:
    """Yield what is said of each chunk, in order; a second chunk is worth the start of other processes."""
    first = list(islice(chunks, 2))
    if len(first) < 2:
        yield from (_judge(site_name, chunk) for chunk in first)
        return
    workers = os.cpu_count() or 1
    # Not forked: the database's threads do not survive that.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting: deque[Future[Said]] = deque(pool.submit(_judge, site_name, chunk) for chunk in first)
        for chunk in chunks:
            waiting.append(pool.submit(_judge, site_name, chunk))
            if len(waiting) > 4 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _judge(site_name: str | None, lines: Lines) -> Said:
    """Judge some lines, in whichever process this is."""
    return asyncio.run(_judge_for_site(site_name, lines) if site_name else _judge_each(lines, _as_stranger))


async def _judge_for_site(site_name: str, lines: Lines) -> Said:
    # Opened for each chunk, 1 % of its time, because a process with a database's threads in it does not end.
    database = await open_database(settings())
    try:
        site, memory = await sites.get(database, site_name), Memory(database, *_known(), Recent(clock.now))

        async def judge(draft: Draft) -> Verdict:
            facts, _hash = await gather(memory, site, draft)
            return look(draft, facts, site)

        return await _judge_each(lines, judge)
    finally:
        await database.close()


@cache
def _known() -> tuple[LearnedCache, RuleBooks]:
    """Return what this process has read of the site already."""
    return LearnedCache(), RuleBooks()


async def _as_stranger(draft: Draft) -> Verdict:
    return look(draft, Facts(), _STRANGER)


async def _judge_each(lines: Lines, judge: Callable[[Draft], Awaitable[Verdict]]) -> Said:
    out, bad = [], 0
    for number, line in lines:
        try:
            given, draft = _read(line)
            verdict = msgspec.to_builtins(await judge(draft))
            answer: dict[str, object] = {"id": given["id"]} if "id" in given else {}
            out.append(msgspec.json.encode(answer | verdict))
        except _BAD_LINE as error:
            bad += 1
            out.append(msgspec.json.encode({"error": str(error), "line": number}))
    return Said(b"".join(line + b"\n" for line in out), bad, sum(len(line) for _, line in lines))


def _read(line: bytes) -> tuple[dict[str, object], Draft]:
    given = msgspec.json.decode(line)
    if not isinstance(given, dict):
        raise TypeError("the line is no JSON object")
    return given, check_draft({name: given[name] for name in _FIELDS if name in given})
