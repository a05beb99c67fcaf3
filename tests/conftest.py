"""A running service for the tests: a real server on a real socket, with a database and a clock of its own."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import hypothesis
import pytest
import structlog
import uvicorn

from service import clock, people
from service.app import create, open_database
from service.commands.moderators import make_moderator
from service.commands.sites import new_site
from service.keys import API_TOKEN_PREFIX, hash_secret, new_secret
from service.model import Rate, Role
from service.settings import Settings
from service.store import people as kept_people
from service.store import sites, tokens
from service.store.database import Database
from service.store.sqlite import LOOK_EVERY
from service.store.tokens import Token
from tests import postgres
from tests.ports import free_port

T = TypeVar("T")

structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("gatepost", deadline=None)
hypothesis.settings.load_profile("gatepost")

ORIGIN = "https://blog.example"
OWNER = "owner@blog.example"
SECRET = "a secret for the tests alone"
ROLES = ("owner", "moderator", "stranger")


class TurnableClock:
    """The time, which a test may turn on; it never gives the same microsecond twice."""

    def __init__(self) -> None:
        self._offset = 0
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, clock.now() + self._offset)
            return self._last

    def turn(self, microseconds: int) -> None:
        """Let this much time pass."""
        self._offset += microseconds


class Live:
    """A running service with the site `demo`, its owner, and what tests do to it again and again."""

    site = "demo"

    def __init__(self, settings: Settings, now: TurnableClock) -> None:
        self.settings = settings
        self.url = settings.public_url
        self.clock = now
        self.api = f"{self.url}/api/v1/sites/{self.site}"

    def client(self, **headers: str) -> httpx2.Client:
        """Return a client of the service; close it, or use it in a `with`."""
        # No TLS here, and loading the certificates anew takes longer than a whole test.
        return httpx2.Client(base_url=self.url, headers=headers, timeout=20, trust_env=False, verify=False)

    def moderator(self, role: Role = "moderator", site: str = "demo") -> httpx2.Client:
        """Return a client that sends a fresh API token."""
        return self.client(authorization=f"Bearer {self.token(role, site)}")

    def token(self, role: Role = "moderator", site: str = "demo") -> str:
        """Return a fresh API token."""
        secret = new_secret(API_TOKEN_PREFIX)

        async def work(database: Database) -> None:
            async with database.transaction() as tx:
                made = Token(site, clock.new_id(), f"tests {role}", role, self.clock())
                await tokens.add(tx, made, hash_secret(secret))

        self.with_database(work)
        return secret

    def add_site(self, name: str, *origins: str) -> None:
        """Add another site."""

        async def work(database: Database) -> None:
            async with database.transaction() as tx:
                await sites.add(tx, new_site(name, origins or [ORIGIN]))

        self.with_database(work)

    def set_policy(self, **changes: object) -> None:
        """Change the policy of the site `demo`."""
        from service.commands.sites import changed_site

        async def work(database: Database) -> None:
            async with database.transaction() as tx:
                before = await sites.get(tx, self.site)
                pairs = [
                    f"{key}={str(value).lower() if isinstance(value, bool) else value}"
                    for key, value in changes.items()
                ]
                await sites.change(tx, changed_site(before, pairs))

        self.with_database(work)

    def post(self, **fields: Any) -> str:
        """Post a comment and return its id."""
        with self.client() as client:
            answer = client.post(f"{self.api}/comments", json=draft(**fields))
        assert answer.status_code in (201, 202), answer.text
        return str(answer.json()["id"])

    def decide(self, action: str, *ids: str) -> dict[str, Any]:
        """Decide as a moderator and return the answer."""
        with self.moderator() as client:
            answer = client.post(f"{self.api}/decisions", json={"ids": list(ids), "action": action})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def approve(self, *ids: str) -> None:
        """Approve these comments, or all that wait."""
        if ids:
            self.decide("approve", *ids)
            return
        with self.moderator() as client:
            wanted = {"filter": {"status": "pending"}, "action": "approve"}
            assert client.post(f"{self.api}/decisions", json=wanted).status_code == 200

    def read(self, **query: Any) -> dict[str, Any]:
        """Read the thread `/post` as a reader."""
        with self.client() as client:
            return dict(client.get(f"{self.api}/comments", params={"thread": "/post", **query}).json())

    def add_moderator(self, email: str, role: Role = "moderator", site: str = "demo") -> None:
        """Give someone a role at a site."""

        async def work(database: Database) -> None:
            await make_moderator(database, email, site, role)

        self.with_database(work)

    def login_link(self, email: str = OWNER) -> str:
        """Return the path of a fresh sign-in link."""

        async def work(database: Database) -> str:
            person = await kept_people.by_email(database, email)
            return await people.make_login_link(database, person.id, self.clock)

        return f"/admin/sign-in/{self.with_database(work)}"

    def with_database(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """Do something in the database beside the running service, as the command line does."""
        result = with_database(self.settings, work)
        time.sleep(1.5 * LOOK_EVERY)  # until the service has noticed
        return result


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def draft(**fields: Any) -> dict[str, Any]:
    """Return a comment as a widget sends it."""
    return {"thread": "/post", "author": "A reader", "body": "Thank you, that helped my back a great deal."} | fields


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Open the database of these settings, do something, and close it."""

    async def run() -> T:
        database = await open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    # In a thread of its own, because Playwright's synchronous half keeps an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is true, and fail when it does not become so."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.01)


def running(settings: Settings, beside: Live | None = None) -> Iterator[Live]:
    """Run the service for as long as the generator lives; `beside` is another instance with the same database."""
    now = beside.clock if beside else TurnableClock()

    async def prepare(database: Database) -> None:
        async with database.transaction() as tx:
            await sites.add(tx, new_site("demo", [ORIGIN, settings.public_url]))
        await make_moderator(database, OWNER, "demo", "owner")

    if beside is None:
        with_database(settings, prepare)
    config = uvicorn.Config(
        create(settings, now),
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        ws="none",
        lifespan="on",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        thread.join(0.005)
    try:
        yield Live(settings, now)
    finally:
        server.should_exit = True
        thread.join()


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Return settings for a service of its own in this folder."""
    port = free_port()
    defaults: dict[str, Any] = {
        "database": f"sqlite:///{folder}/gatepost.db",
        "secret": SECRET,
        "port": port,
        "public_url": f"http://127.0.0.1:{port}",
        "post_rate": None,
        "demo": True,
    }
    return Settings(**defaults | changes)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser tests last: from the first of them on, Playwright keeps an event loop running in this thread."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


ENGINES = ["sqlite", *postgres.installed()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what needs a database on every engine that is here; browsers see no difference, so for them one is enough."""
    if "engine" in metafunc.fixturenames:
        one = any(metafunc.definition.get_closest_marker(name) for name in ("browser", "embedded"))
        metafunc.parametrize("engine", ENGINES[:1] if one else ENGINES, scope="session")


@pytest.fixture(scope="session")
def server(engine: str) -> Iterator[postgres.Server | None]:
    """The server of an engine, for all tests; None for SQLite."""
    if engine == "sqlite":
        yield None
        return
    with postgres.running(engine) as started:
        yield started


@pytest.fixture
def address(server: postgres.Server | None, tmp_path: Path) -> str:
    """The address of a new database."""
    return server.fresh_database() if server else f"sqlite:///{tmp_path}/gatepost.db"


@pytest.fixture
def live(tmp_path: Path, address: str) -> Iterator[Live]:
    """The service with its defaults, and without a limit on posting."""
    yield from running(settings_in(tmp_path, database=address))


@pytest.fixture
def limited(tmp_path: Path, address: str) -> Iterator[Live]:
    """The service that takes five comments a minute from one address."""
    yield from running(settings_in(tmp_path, database=address, post_rate=Rate(5, clock.MINUTE)))
