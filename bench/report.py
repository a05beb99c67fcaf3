"""Puts a run into words: what was reached beside what was aimed at, every figure, and a plot of cost against size."""

import platform
import sqlite3
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from bench.http import Extra
from bench.measure import Found, Ratio
from bench.plot import Growth

README = Path(__file__).parent.parent / "README.md"
MARKS = "<!-- made by make bench -->", "<!-- until here -->"


class Row(NamedTuple):
    """One goal: what was done, compared with what, what was reached, and what was aimed at."""

    work: str
    measure: str
    reached: str
    goal: str
    met: bool


class _Goal(NamedTuple):
    work: str
    measure: str
    name: str
    to: str
    least: float


GOALS = (
    _Goal(
        "a thread of 50 comments, gzip", "of the raw ASGI app, same bytes and headers", "GET", "GET of raw ASGI", 0.80
    ),
    _Goal("", "of bare Starlette", "GET", "GET of Starlette", 1.3),
    _Goal("", "of Isso", "GET", "GET of Isso", 300),
    _Goal("the same, not changed (304)", "of the full answer", "304", "GET", 1.2),
    _Goal("counts of 20 threads", "of bare Starlette", "counts", "counts of Starlette", 0.7),
    _Goal("a comment, every check, on disk", "of aiosqlite alone, a commit each", "POST", "aiosqlite alone", 1.5),
    _Goal("", "of the same without a database", "POST", "POST without a database", 0.35),
    _Goal("", "of Isso", "POST", "POST of Isso", 15),
    _Goal(
        "the same, 3 ms to be on disk, 64 connections",
        "of one commit each",
        "POST, slow disk",
        "POST, slow disk, one commit each",
        10,
    ),
    _Goal("19 reads for each comment that changes the thread", "of reads alone", "mixed", "GET", 0.30),
    _Goal(
        "a comment, PostgreSQL, two instances",
        "of asyncpg alone, a commit each",
        "POST, PostgreSQL, two instances",
        "asyncpg alone",
        0.5,
    ),
    _Goal("comments kept in groups, PostgreSQL", "of one each", "grouped, PostgreSQL", "asyncpg alone", 1.0),
)
# What may take how many times as long with the most comments as with the fewest.
GROWTH = {
    "a page of a thread": 1.2,
    "a page of the longest": 1.2,
    "counts of 20 threads": 1.2,
    "the queue": 1.2,
    "a search": 1.2,
    "a comment posted": 2.0,
}
MIXED_P99_MS = 15
IDLE_MB, PEAK_MB = 45, 80
START_SECONDS = 0.5


def rows(found: Found, extra: Extra, growth: Growth) -> Iterator[Row]:
    """Yield a row for each goal that was measured."""
    for goal in GOALS:
        if goal.name in found and goal.to in found:
            ratio = found.ratio(goal.name, goal.to)
            yield Row(goal.work, goal.measure, _times(ratio), f"{goal.least:g} ×", ratio.median >= goal.least)
    if "mixed" in found:
        late = found.median("mixed").p99_ms
        yield Row("", "99 of 100 reads within", f"{late:.1f} ms", f"{MIXED_P99_MS} ms", late <= MIXED_P99_MS)
    if growth:
        least, most = min(growth), max(growth)
        for work, limit in GROWTH.items():
            times = growth[most][work] / growth[least][work]
            said = f"{times:.2f} × ({growth[least][work]:,.0f} → {growth[most][work]:,.0f} µs)"
            yield Row(work, f"with {most:,} comments, of {least:,}", said, f"≤ {limit:g} ×", times <= limit)
    yield Row("memory, 10,000 comments", "idle", f"{extra.idle:.0f} MB", f"≤ {IDLE_MB} MB", extra.idle <= IDLE_MB)
    yield Row("", "at most in this run", f"{extra.peak:.0f} MB", f"≤ {PEAK_MB} MB", extra.peak <= PEAK_MB)
    started = f"{extra.start * 1000:.0f} ms"
    yield Row("start", "to the first answer", started, f"≤ {START_SECONDS * 1000:.0f} ms", extra.start <= START_SECONDS)


def _times(ratio: Ratio) -> str:
    digits = 2 if ratio.median < 10 else 0
    return f"{ratio.median:.{digits}f} × ({ratio.least:.{digits}f} to {ratio.most:.{digits}f})"


def table(every: Iterator[Row]) -> str:
    """Return the goals as a table in Markdown."""
    head = ["| work | measured as | reached | aimed at |", "| --- | --- | ---: | ---: |"]
    lines = (
        f"| {row.work} | {row.measure} | {row.reached}{'' if row.met else ' (missed)'} | {row.goal} |" for row in every
    )
    return "\n".join([*head, *lines])


def figures(found: Found) -> str:
    """Return every figure as a table in Markdown."""
    lines = ["| | a second | median ms | 99th ms | processor µs |", "| --- | ---: | ---: | ---: | ---: |"]
    for name in found.names():
        one = found.median(name)
        times = f"{one.p50_ms:.2f} | {one.p99_ms:.2f} | {one.cpu_us:,.0f}" if one.p50_ms else " | | "
        lines.append(f"| {name} | {one.per_second:,.0f} | {times} |")
    return "\n".join(lines)


def conditions(command: str, rounds: int, seconds: float, extra: Extra) -> str:
    """Return on what, with what and how it was measured."""
    names = ("starlette", "uvicorn", "uvloop", "aiosqlite", "asyncpg")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    sizes = ", ".join(f"{name} {size:,}" for name, size in extra.sizes.items() if size)
    said = (
        f"`{command}` on {_processor()}: Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{versions}; {rounds} interleaved rounds of {seconds:g} s with 16 connections, medians, least and most in "
        f"brackets. The load comes from a process on the same machine. Bytes of an answer: {sizes}."
    )
    return said + "".join(f" Not measured: {what}." for what in extra.left_out)


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return f"{len(names)} × {names[0]}" if names else platform.processor() or platform.machine()


def into_readme(text: str) -> None:
    """Put a table between its marks in the README."""
    before, _, rest = README.read_text("utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    README.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}", "utf-8")
