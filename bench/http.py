"""Gatepost over HTTP, beside what the machine could do at best, in interleaved rounds of one run."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from bench import isso
from bench.drafts import bodies
from bench.growth import fill_file
from bench.measure import Figure, Found, Load, measure, request
from bench.servers import COMMENTS, SITE, THREAD, Gatepost, Server, client, limit, whole
from tests import postgres

FILLED = 10_000
GZIP = {"accept-encoding": "gzip"}
JSON = {"content-type": "application/json"}
LIST = f"{SITE}/comments?thread={THREAD}"
COUNTS = f"{SITE}/counts?" + "&".join(f"thread=/other/{number}/" for number in range(COMMENTS, COMMENTS + 19))
COUNTS += f"&thread={THREAD}"
POST = f"{SITE}/comments"
# Whoever writes under this policy is published at once.
OPEN = ("publish=clean", "hold_at=1", "spam_at=1", "profanity_at=3")


class Case(NamedTuple):
    """One thing that is measured in each round."""

    name: str
    measure: Callable[[float], Figure]


def load(name: str, servers: Sequence[Server], what: Load, strict: bool = True) -> Case:
    """Return a case that puts load on servers."""
    return Case(name, lambda seconds: measure(servers, what, seconds, strict))


def alone(name: str, how: str, address: str) -> Case:
    """Return a case in which a database keeps comments and does nothing else."""

    def work(seconds: float) -> Figure:
        words = [sys.executable, "-m", "bench.alone", how, address, str(seconds)]
        return Figure(float(subprocess.run(words, capture_output=True, text=True, check=True).stdout))

    return Case(name, work)


class Extra(NamedTuple):
    """What is measured once: memory in MB (PSS), seconds to the first answer, bytes; and what was left out."""

    idle: float
    peak: float
    start: float
    sizes: dict[str, int]
    left_out: list[str]


def run(folder: Path, rounds: int, seconds: float, environments: Path) -> tuple[Found, Extra]:
    """Start everything, measure in rounds, and stop everything."""
    found, left_out = Found(), list[str]()
    with ExitStack() as stack:
        main = Gatepost(folder / "main")
        main.make()
        fill_file(main.environment["GATEPOST_DATABASE"], FILLED)
        start = seconds_to_first_answer(main)
        with main.serving() as server:
            main.fill(server)
        server = stack.enter_context(main.serving())
        time.sleep(1)
        idle = peak = server.megabytes()
        cases, sizes = _usual(stack, folder, server)
        cases += _slow_disk(stack, folder, left_out)
        cases += _postgresql(stack, folder, left_out)
        cases += _isso(stack, folder, environments, left_out)
        for number in range(rounds):
            for case in cases:
                found.add(case.name, case.measure(seconds))
                peak = max(peak, server.megabytes())
            print(f"round {number + 1} of {rounds} done", file=sys.stderr, flush=True)
    return found, Extra(idle, peak, start, sizes, left_out)


def seconds_to_first_answer(gatepost: Gatepost) -> float:
    """Return how long it takes from the command to the first thread that a reader gets; the best of three."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        with gatepost.serving() as server, client(server) as http:
            http.get(LIST).raise_for_status()
            took.append(time.perf_counter() - began)
    return min(took)


def _usual(stack: ExitStack, folder: Path, server: Server) -> tuple[list[Case], dict[str, int]]:
    with client(server) as http:
        tag = http.get(LIST, headers=GZIP).headers["etag"]
        wanted: dict[str, tuple[str, str, Sequence[bytes], dict[str, str]]] = {
            "GET": ("GET", LIST, [b""], GZIP),
            "GET unpacked": ("GET", LIST, [b""], {"accept-encoding": "identity"}),
            "304": ("GET", LIST, [b""], GZIP | {"if-none-match": tag}),
            "counts": ("GET", COUNTS, [b""], GZIP),
            "POST": ("POST", POST, bodies(), JSON),
        }
        answers = [whole(http, method, path, body[0], headers) for method, path, body, headers in wanted.values()]
    raw = stack.enter_context(limit("raw", folder, answers))
    starlette = stack.enter_context(limit("starlette", folder, answers))
    cases = []
    for number, (name, (method, path, contents, headers)) in enumerate(wanted.items()):
        for who, where, at in (
            ("", server, path),
            (" of raw ASGI", raw, f"/{number}{path}"),
            (" of Starlette", starlette, f"/{number}{path}"),
        ):
            requests = [request(method, at, content, headers) for content in contents]
            cases.append(load(name + who, [where], Load(requests)))
    plain = _installed(folder / "plain")
    kept = stack.enter_context(plain.serving("without-a-database"))
    posts = [request("POST", POST, body, JSON) for body in bodies()]
    cases.append(load("POST without a database", [kept], Load(posts)))
    cases.append(alone("aiosqlite alone", "single", f"sqlite:///{folder}/alone.db"))
    mixed = _installed(folder / "mixed", *OPEN)
    busy = stack.enter_context(mixed.serving())
    mixed.fill(busy)
    there = [request("POST", POST, body, JSON) for body in bodies(THREAD)]
    cases.append(load("mixed", [busy], Load([request("GET", LIST, b"", GZIP)], others=there, every=20)))
    sizes = {name: len(answer.extensions["raw"]) for name, answer in zip(wanted, answers, strict=True)}
    return cases, sizes


def _installed(folder: Path, *policy: str) -> Gatepost:
    made = Gatepost(folder)
    made.make()
    if policy:
        made.do("site", "set", "demo", *policy)
    return made


def _slow_disk(stack: ExitStack, folder: Path, left_out: list[str]) -> list[Case]:
    if shutil.which("cc") is None:
        left_out.append("a slow disk: there is no C compiler to make one with")
        return []
    library = folder / "slow_disk.so"
    source = Path(__file__).parent / "slow_disk.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    posts = Load([request("POST", POST, body, JSON) for body in bodies()], connections=64)
    cases = []
    for name, variant in (("POST, slow disk", ""), ("POST, slow disk, one commit each", "one-commit-each")):
        made = _installed(folder / (variant or "grouped"))
        cases.append(load(name, [stack.enter_context(made.serving(variant, LD_PRELOAD=str(library)))], posts))
    return cases


def _postgresql(stack: ExitStack, folder: Path, left_out: list[str]) -> list[Case]:
    engines = postgres.installed()
    if not engines:
        left_out.append("PostgreSQL: no server is installed")
        return []
    database = stack.enter_context(postgres.running(engines[0], "fsync=on", "full_page_writes=on"))
    first = Gatepost(folder / "first", database.fresh_database())
    first.make()
    second = Gatepost(folder / "second", first.environment["GATEPOST_DATABASE"])
    both = [stack.enter_context(one.serving()) for one in (first, second)]
    posts = Load([request("POST", POST, body, JSON) for body in bodies()])
    address = database.fresh_database()
    return [
        load("POST, PostgreSQL, two instances", both, posts),
        alone("asyncpg alone", "single", address),
        alone("grouped, PostgreSQL", "grouped", address),
    ]


def _isso(stack: ExitStack, folder: Path, environments: Path, left_out: list[str]) -> list[Case]:
    programs = isso.install(environments / "isso")
    if programs is None:
        left_out.append("Isso: pip cannot install it here")
        return []
    (folder / "isso").mkdir()
    server = stack.enter_context(isso.serving(programs, folder / "isso"))
    # Under so many writers its database is locked now and then, which it answers with 500.
    return [
        load("GET of Isso", [server], Load([isso.GET]), strict=False),
        load("POST of Isso", [server], Load(isso.posts(bodies())), strict=False),
    ]
