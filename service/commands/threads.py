"""`gatepost thread`: two threads that are about one page become one."""

import click

from service import clock, threads
from service.commands.running import with_database
from service.settings import Settings
from service.store import sites
from service.store.database import Database
from service.threads import Merged


@click.group()
def thread() -> None:
    """Keep a site's threads in order."""


@thread.command("merge")
@click.argument("from_key", metavar="FROM")
@click.argument("into_key", metavar="INTO")
@click.option("--site", "site_name", required=True, metavar="NAME", help="The site that has both threads.")
def merge(from_key: str, into_key: str, site_name: str) -> None:
    """Let every comment of the thread FROM be one of INTO, like `thread merge /old/ /new/ --site blog`.

    Whoever asks for FROM from then on gets INTO.
    """

    async def work(database: Database, _settings: Settings) -> Merged:
        return await threads.merge(database, await sites.get(database, site_name), from_key, into_key, clock.now())

    merged = with_database(work)
    click.echo(f"Moved {merged.moved:,} comments. Whoever asks for {from_key} gets {merged.into}.")
