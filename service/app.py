"""Joins settings, store, routes and keys into the running service; the only module that knows them all."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette

from service import clock, web
from service.clock import MINUTE
from service.errors import BadSettings, ReadOnly
from service.judge import Memory
from service.keys import Keys
from service.model import Clock, IdMaker, Rate
from service.outbound import Outbound
from service.recent import Recent
from service.settings import Settings
from service.spam.model import base
from service.store.database import Database
from service.store.learned import LearnedCache
from service.store.migrate import migrate, missing
from service.store.rules import RuleBooks
from service.store.sites import SiteCache
from service.store.sqlite import SqliteDatabase
from service.web.cache import PageCache
from service.web.limiter import Limiter
from service.web.middleware import Edge, public_headers
from service.web.problems import HANDLERS
from service.web.routes import routes
from service.web.service import Service

log = structlog.get_logger("gatepost")

SIGN_IN_RATE = Rate(10, MINUTE)
# A widget asks for one whenever its writer looks; these are off where posting is not limited.
PREVIEW_RATE = Rate(60, MINUTE)
VOTE_RATE = Rate(60, MINUTE)
REPORT_RATE = Rate(10, MINUTE)


def templates() -> Environment:
    """Return the pages: everything in them is escaped, and a missing value is an error, not a gap."""
    folder = Path(web.__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def connect(settings: Settings) -> Database:
    """Open the database as it is. Raises BadSettings."""
    if settings.embedded:
        return await SqliteDatabase.open(settings.sqlite_path)
    try:
        from service.store.postgres import PostgresDatabase
    except ImportError as error:
        raise BadSettings("GATEPOST_DATABASE: PostgreSQL needs its driver; install gatepost[postgres]") from error
    return await PostgresDatabase.open(settings.database)


async def open_database(settings: Settings, now: Clock = clock.now) -> Database:
    """Open the database and bring it to today's shape; one that can only be read must have it. Raises BadSettings."""
    database = await connect(settings)
    try:
        try:
            await migrate(database, now)
        except ReadOnly as error:
            if left := await missing(database):
                raise BadSettings(f"GATEPOST_DATABASE: can only be read, and needs {', '.join(left)} first") from error
            log.warning("the database can only be read: readers are served, nobody can write")
    except BaseException:
        await database.close()
        raise
    return database


def create(settings: Settings, now: Clock = clock.now, new_id: IdMaker = clock.new_id) -> Edge:
    """Return the application; its database opens when the server starts, and closes when it stops.

    Raises BadSettings when the shipped spam model cannot be read.
    """

    base()  # a damaged model stops the start, rather than holding every comment afterwards

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        database = await open_database(settings, now)
        keys = Keys(settings.secret)

        def limiter(rate: Rate | None, doing: str) -> Limiter:
            return Limiter(rate, doing, database, keys, now)

        service = Service(
            settings=settings,
            database=database,
            memory=Memory(database, LearnedCache(), RuleBooks(), Recent(now)),
            keys=keys,
            clock=now,
            new_id=new_id,
            pages=PageCache(),
            sites=SiteCache(),
            public_headers=public_headers(settings.secure),
            posts=limiter(settings.post_rate, "comments"),
            previews=limiter(PREVIEW_RATE if settings.post_rate else None, "previews"),
            sign_ins=limiter(SIGN_IN_RATE, "attempts to sign in"),
            votes=limiter(VOTE_RATE if settings.post_rate else None, "votes"),
            reports=limiter(REPORT_RATE if settings.post_rate else None, "reports"),
            templates=templates(),
            outbound=Outbound(settings.outbound_networks),
        )
        try:
            yield {"service": service}
        finally:
            await service.outbound.close()
            await database.close()

    app = Starlette(routes=routes(settings.demo), exception_handlers=HANDLERS, lifespan=lifespan)
    # Its redirects name the host that the request claims; ours name a path.
    app.router.redirect_slashes = False
    return Edge(app, settings.secure)
