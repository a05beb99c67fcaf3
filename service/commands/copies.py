"""`gatepost backup` and `gatepost restore`: copies of the embedded database."""

import asyncio
import time
from pathlib import Path

import click

from service.app import open_database
from service.commands.running import settings
from service.errors import BadSettings
from service.settings import Settings
from service.store import copies
from service.store.copies import Contents


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write a consistent copy of the database to FILE, while the service runs.

    The copy is checked before it gets its name. The secret beside the database is no part of it: keep that, too.
    """
    given = _embedded()
    found = copies.take(given.sqlite_path, file)
    click.echo(f"Wrote {file}: {_said(found)}, every page checked.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore(file: Path) -> None:
    """Put a copy back in the place of the database; what was there is kept beside it."""
    given = _embedded()
    copies.look(file)
    if given.sqlite_path.exists() and given.sqlite_path.stat().st_size:
        kept = given.sqlite_path.with_name(f"{given.sqlite_path.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
        copies.keep(given.sqlite_path, kept)
        click.echo(f"What was there is kept in {kept}.")
    found = copies.put_back(file, given.sqlite_path)

    async def bring_up_to_date() -> None:
        await (await open_database(given)).close()

    asyncio.run(bring_up_to_date())
    click.echo(f"Put {file} back: {_said(found)}. If the service runs, start it anew, so that it forgets what it knew.")


def _embedded() -> Settings:
    given = settings()
    if not given.embedded:
        raise BadSettings("this is for the embedded database; with PostgreSQL use pg_dump and pg_restore")
    return given


def _said(found: Contents) -> str:
    return f"{found.sites:,} sites, {found.threads:,} threads, {found.comments:,} comments"
