"""Pages as they leave: built once however many ask, fresh after each decision, bounded, the right bytes for each."""

import asyncio
import gzip
import json
import threading
from collections.abc import Callable
from typing import Any

import brotli
import pytest

from service.web.cache import OVERHEAD, Page, PageCache, encoding_for
from tests.conftest import Live, draft

HEADERS = {"content-type": "application/json", "cache-control": "public"}


def scope(path: str = "/a", query: bytes = b"", accept: bytes = b"br") -> dict[str, Any]:
    return {"path": path, "query_string": query, "headers": [(b"accept-encoding", accept)]}


class Source:
    """A thread that may change while it is read."""

    def __init__(self) -> None:
        self.generation = 0
        self.version = "1"
        self.built = self.looked = 0
        self.go = asyncio.Event()
        self.go.set()

    async def tag(self) -> str:
        self.looked += 1
        return self.version

    async def build(self) -> Page:
        self.built += 1
        version = self.version
        await self.go.wait()
        return Page(f"version {version}".encode(), version, HEADERS)

    async def get(self, cache: PageCache, wanted: dict[str, Any]) -> Page:
        return await cache.get(wanted, lambda: self.generation, self.tag, self.build)


@pytest.mark.anyio
class TestTheCache:
    async def test_a_page_is_built_once_however_many_ask(self) -> None:
        source, cache = Source(), PageCache()
        source.go.clear()
        asking = [asyncio.create_task(source.get(cache, scope())) for _ in range(100)]
        await asyncio.sleep(0)
        source.go.set()
        pages = await asyncio.gather(*asking)
        assert source.built == 1 and len({id(page) for page in pages}) == 1
        assert cache.ready(scope(), source.generation) is not None
        assert source.looked == 0

    async def test_after_a_change_elsewhere_it_is_looked_at_and_not_built(self) -> None:
        source, cache = Source(), PageCache()
        page = await source.get(cache, scope())
        source.generation += 1
        assert cache.ready(scope(), source.generation) is None
        assert await source.get(cache, scope()) is page
        assert (source.built, source.looked) == (1, 1)
        assert cache.ready(scope(), source.generation) is not None

    async def test_after_a_change_of_its_own_it_is_built_anew(self) -> None:
        source, cache = Source(), PageCache()
        await source.get(cache, scope())
        source.generation, source.version = 1, "2"
        assert (await source.get(cache, scope())).content == b"version 2"

    async def test_what_changes_while_it_is_built_is_not_missed(self) -> None:
        source, cache = Source(), PageCache()
        source.go.clear()
        early = asyncio.create_task(source.get(cache, scope()))
        await asyncio.sleep(0)
        source.generation, source.version = 1, "2"
        late = asyncio.create_task(source.get(cache, scope()))
        await asyncio.sleep(0)
        source.go.set()
        assert (await early).content == b"version 1"
        assert (await late).content == b"version 2", "who asks after the decision sees it"

    async def test_one_whose_reader_has_left_is_built_by_the_next(self) -> None:
        source, cache = Source(), PageCache()
        source.go.clear()
        leaving = asyncio.create_task(source.get(cache, scope()))
        await asyncio.sleep(0)
        staying = asyncio.create_task(source.get(cache, scope()))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        source.go.set()
        assert (await staying).content == b"version 1"

    async def test_it_is_bounded_in_bytes_and_forgets_what_was_not_asked_for(self) -> None:
        source, cache = Source(), PageCache(limit=10 * (OVERHEAD + 100))
        for number in range(50):
            await source.get(cache, scope(f"/{number}"))
            await source.get(cache, scope("/favourite"))
        kept = [n for n in range(50) if cache.ready(scope(f"/{n}"), source.generation)]
        assert 5 <= len(kept) <= 10 and kept[-1] == 49
        assert cache.ready(scope("/favourite"), source.generation)


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        (b"gzip, deflate, br", "br"),
        (b"gzip", "gzip"),
        (b"GZIP;q=0.5", "gzip"),
        (b"br;q=0, gzip", "gzip"),
        (b"identity", "identity"),
        (b"", "identity"),
        (b"zstd, \xff", "identity"),
    ],
)
def test_the_smallest_form_that_is_taken_is_sent(accept: bytes, encoding: str) -> None:
    assert encoding_for(accept) == encoding


def test_a_page_is_the_same_whether_it_was_ready_or_not(live: Live) -> None:
    live.approve(*[live.post(body=f"Number {n}. " + "A kind word. " * 9) for n in range(30)])
    unpack: dict[str, Callable[[bytes], bytes]] = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
    with live.client() as client:
        for encoding, unpacked in unpack.items():
            answers = []
            for _ in range(2):
                url = f"{live.api}/comments?thread=/post"
                with client.stream("GET", url, headers={"accept-encoding": encoding}) as answer:
                    raw = b"".join(answer.iter_raw())
                changing = ("date", "x-request-id")
                answers.append((raw, {k: v for k, v in answer.headers.items() if k not in changing}))
            assert answers[0] == answers[1]
            assert len(json.loads(unpacked(raw))["comments"]) == 30


def test_nobody_reads_an_old_page_after_a_decision(live: Live) -> None:
    """Twenty rounds of: approve, and at once ask, while others ask all the time."""
    stop = threading.Event()

    def ask() -> None:
        with live.client() as client:
            while not stop.is_set():
                client.get(f"{live.api}/comments?thread=/post")

    readers = [threading.Thread(target=ask) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        with live.client() as client, live.moderator() as moderator:
            for number in range(20):
                posted = client.post(f"{live.api}/comments", json=draft(body=f"Number {number}.")).json()["id"]
                moderator.post(f"{live.api}/decisions", json={"ids": [posted], "action": "approve"})
                read = client.get(f"{live.api}/comments?thread=/post").json()
                assert posted in {one["id"] for one in read["comments"]}
                assert client.get(f"{live.api}/counts?thread=/post").json()["counts"] == {"/post": number + 1}
    finally:
        stop.set()
        for reader in readers:
            reader.join()


def test_pages_that_are_ready_are_counted(live: Live) -> None:
    def counted() -> float:
        with live.client() as client:
            lines = client.get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("gatepost_ready_pages_total{"))

    with live.client() as client:
        client.get(f"{live.api}/comments?thread=/post")
        before = counted()
        etag = client.get(f"{live.api}/comments?thread=/post").headers["etag"]
        assert client.get(f"{live.api}/comments?thread=/post", headers={"if-none-match": etag}).status_code == 304
    assert counted() == before + 2
