"""`gatepost serve`: runs the service, ready for readers; with `--demo`, ready to be tried."""

import asyncio
import json
import os
from functools import partial
from pathlib import Path

import click
import uvicorn
from msgspec.structs import replace

import service
from service import clock, log
from service.app import create, open_database
from service.commands.moderators import make_moderator, sign_in_address
from service.commands.running import settings
from service.commands.sites import new_site
from service.judge import Memory
from service.keys import Keys
from service.model import Action
from service.outbound import Outbound
from service.recent import Recent
from service.review import Bench, Decision, decide
from service.settings import Settings
from service.spam.model import base
from service.store import sites
from service.store.database import Database
from service.store.file import require_sound
from service.store.learned import LearnedCache
from service.store.rules import RuleBooks
from service.submit import Desk, submit
from service.web import forms

# How long requests under way may take to finish when the service is asked to end.
DRAIN_SECONDS = 20
DEMO_OWNER = "owner@demo.example"
DEMO_TITLE = "Massage for sciatica: what it can do, and what it cannot"
_SEEDS = Path(service.__file__).parent / "demo_comments.json"


@click.command()
@click.option("--host", help="The address to listen on; 127.0.0.1 unless set.")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port to listen on; 8080 unless set.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes on this machine.")
@click.option(
    "--demo", is_flag=True, help="Add the site `demo` with an article at /demo/, and print a link to sign in."
)
@click.option("--demo-comments", is_flag=True, help="With --demo: seed a queue of comments to practise on.")
def serve(host: str | None, port: int | None, workers: int, demo: bool, demo_comments: bool) -> None:
    """Run the service, bringing the database to today's shape first."""
    for name, value in (("HOST", host), ("PORT", port), ("DEMO", "true" if demo else None)):
        if value is not None:
            # Through the environment, so that worker processes read the same settings.
            os.environ[f"GATEPOST_{name}"] = str(value)
    given = settings()
    log.configure(given.log)
    asyncio.run(_prepare(given, demo_comments))
    uvicorn.run(
        "service.commands.serve:application",
        factory=True,
        host=given.host,
        port=given.port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def application() -> object:
    """Return the application, as each worker process makes it."""
    given = settings()
    log.configure(given.log)
    return create(given)


async def _prepare(given: Settings, demo_comments: bool) -> None:
    base()
    if given.embedded:
        require_sound(given.sqlite_path)
    database = await open_database(given)
    try:
        if given.demo:
            await _demo(database, given, demo_comments)
    finally:
        await database.close()


async def _demo(database: Database, given: Settings, demo_comments: bool) -> None:
    local = [f"http://{host}:{given.port}" for host in ("127.0.0.1", "localhost")]
    fresh = new_site("demo", [given.public_url, *local])
    async with database.transaction() as tx:
        known = await sites.find(tx, "demo")
        if known is None:
            await sites.add(tx, fresh)
        else:
            # Another port than last time is another origin.
            await sites.change(tx, replace(known, origins=tuple(dict.fromkeys(known.origins + fresh.origins))))
    if known is None and demo_comments:
        await _seed(database, given)
    person = await make_moderator(database, DEMO_OWNER, "demo", "owner")
    click.echo(
        f"\n  The article, ready for a first comment:  {given.public_url}/demo/\n"
        f"  The admin page (this link works once):   {await sign_in_address(database, given, person)}\n"
        f"  The HTTP interface, explained:           {given.public_url}/docs/\n"
    )


async def _seed(database: Database, given: Settings) -> None:
    """Fill the queue; a comment that somebody answers is approved first, since nobody answers what they cannot see."""
    site, learned, began = await sites.get(database, "demo"), LearnedCache(), clock.now()
    memory = Memory(database, learned, RuleBooks(), Recent(clock.now))
    outbound = Outbound()
    page = {"thread": "/demo/", "title": DEMO_TITLE, "url": f"{given.public_url}/demo/"}
    ids: list[str] = []
    for row in json.loads(_SEEDS.read_text("utf-8")):
        at, parent = began - row.pop("minutes_ago") * clock.MINUTE, row.pop("reply_to", None)
        desk = Desk(database, memory, Keys(given.secret), partial(int, at), clock.new_id, outbound)
        if parent is not None:
            bench = Bench(database, learned, clock.now, clock.new_id, outbound)
            await decide(bench, site, [ids[parent]], Decision(Action.APPROVE, DEMO_OWNER))
            row["parent_id"] = ids[parent]
        receipt = await submit(desk, site, forms.draft(page | row, None, None))
        ids.append(receipt.comment.id)
