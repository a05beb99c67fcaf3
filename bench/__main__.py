"""`make bench`: one run, a few minutes, a table of ratios; `--quick` for a look."""

import json
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import httpx2

from bench import checks
from bench.servers import bare, gatepost

CONNECTIONS = 16
THREAD = "/api/v1/sites/demo/comments?thread=/bench"
POST = "/api/v1/sites/demo/comments"
_DRAFT = {
    "thread": "/bench",
    "author": "A reader",
    "body": "My number is @@@@@@@@. " + "A kind word about the article. " * 9,
}


def request(method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "host: bench", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def measure(port: int, wanted: bytes, seconds: float) -> dict[str, float]:
    """Return what one round of load found; anything but success ends the run."""
    words = [sys.executable, "-m", "bench.load", str(port), str(CONNECTIONS), str(seconds)]
    found = json.loads(subprocess.run(words, input=wanted, capture_output=True, check=True).stdout)
    bad = {status: n for status, n in found["statuses"].items() if not 200 <= int(status) < 400}
    if bad:
        raise RuntimeError(f"some requests failed, so the figures mean nothing: {bad}")
    return {name: value for name, value in found.items() if name != "statuses"}


def main(rounds: int, seconds: float) -> None:
    """Measure and print."""
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, Starlette {version('starlette')}, ",
        end="",
    )
    print(
        f"uvicorn {version('uvicorn')}; {CONNECTIONS} connections, {rounds} interleaved rounds of {seconds} s; the load"
    )
    print("generator is a process on the same machine. Ratios are of medians within this run.\n")
    print("| checks, verdict, for one comment | µs |\n| --- | ---: |")
    for name, took in checks.table():
        print(f"| {name} | {took:,.0f} |")
    with tempfile.TemporaryDirectory() as name:
        _http(Path(name), rounds, seconds)


def _http(folder: Path, rounds: int, seconds: float) -> None:
    draft = json.dumps(_DRAFT).encode()
    with gatepost(folder) as port, httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        tag = client.get(THREAD, headers={"accept-encoding": "identity"}).headers["etag"]
        work: dict[str, tuple[str, str, bytes, dict[str, str]]] = {
            "GET a thread of 50": ("GET", THREAD, b"", {"accept-encoding": "identity"}),
            "GET, gzip": ("GET", THREAD, b"", {"accept-encoding": "gzip"}),
            "GET, not changed (304)": ("GET", THREAD, b"", {"accept-encoding": "identity", "if-none-match": tag}),
            "POST, all checks, on disk": ("POST", POST, draft, {"content-type": "application/json"}),
        }
        found: dict[str, list[tuple[dict[str, float], dict[str, float]]]] = {name: [] for name in work}
        with bare(folder, [_raw(client, *wanted) for wanted in work.values()]) as beside:
            for _ in range(rounds):
                for number, (name, (method, path, body, headers)) in enumerate(work.items()):
                    ours = measure(port, request(method, path, body, headers), seconds)
                    limit = measure(beside, request(method, f"/{number}", body, headers), seconds)
                    found[name].append((ours, limit))
    _print(found)


def _raw(client: httpx2.Client, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx2.Response:
    with client.stream(method, path, content=body, headers=headers) as answer:
        answer.extensions["raw"] = b"".join(answer.iter_raw())
    return answer


def _print(found: dict[str, list[tuple[dict[str, float], dict[str, float]]]]) -> None:
    print("\n| work | Gatepost /s | p50 ms | p99 ms | bare Starlette, same bytes /s | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, pairs in found.items():
        ours = {key: statistics.median(pair[0][key] for pair in pairs) for key in ("per_second", "p50_ms", "p99_ms")}
        limit = statistics.median(pair[1]["per_second"] for pair in pairs)
        ratio = ours["per_second"] / limit
        times = f"{ours['p50_ms']:.2f} | {ours['p99_ms']:.2f}"
        print(f"| {name} | {ours['per_second']:,.0f} | {times} | {limit:,.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main(*((1, 1.0) if "--quick" in sys.argv else (5, 3.0)))
