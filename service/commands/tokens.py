"""`gatepost token`: API tokens for scripts and other people's clients."""

from collections.abc import Sequence
from typing import cast

import click

from service import clock
from service.clock import rfc3339
from service.commands.running import with_database
from service.errors import NotFound
from service.keys import API_TOKEN_PREFIX, hash_secret, new_secret
from service.model import Role
from service.settings import Settings
from service.store import sites, tokens
from service.store.database import Database
from service.store.tokens import Token


@click.group()
def token() -> None:
    """Create API tokens, list them, and revoke them."""


@token.command("create")
@click.option("--site", "site_name", required=True, metavar="NAME", help="The site that the token is for.")
@click.option(
    "--role", type=click.Choice(["moderator", "reader"]), required=True, help="A reader may look and not decide."
)
@click.option(
    "--name", default="api", show_default=True, help="What the token is for; shown in the history of decisions."
)
def create(site_name: str, role: str, name: str) -> None:
    """Create a token and print it, once, as the last word."""
    secret = new_secret(API_TOKEN_PREFIX)

    async def work(database: Database, _settings: Settings) -> Token:
        async with database.transaction() as tx:
            await sites.get(tx, site_name)
            made = Token(site_name, clock.new_id(), name, cast(Role, role), clock.now())
            await tokens.add(tx, made, hash_secret(secret))
        return made

    made = with_database(work)
    click.echo(f"Token {made.id} for {site_name} ({role}); it is shown only now:\n{secret}")


@token.command("list")
@click.option("--site", "site_name", metavar="NAME", help="Only the tokens of this site.")
def list_(site_name: str | None) -> None:
    """List tokens; their secrets are not kept."""

    async def work(database: Database, _settings: Settings) -> Sequence[Token]:
        return await tokens.every(database, site_name)

    for one in with_database(work):
        used = f"last used {rfc3339(one.last_used_at)}" if one.last_used_at else "never used"
        state = f"revoked {rfc3339(one.revoked_at)}" if one.revoked_at else used
        click.echo(f"{one.id}  {one.site}  {one.role}  {one.name}  made {rfc3339(one.created_at)}, {state}")


@token.command("revoke")
@click.argument("token_id", metavar="ID")
def revoke(token_id: str) -> None:
    """End a token at once, by its ID as `token list` shows it."""

    async def work(database: Database, _settings: Settings) -> None:
        async with database.transaction() as tx:
            if not await tokens.revoke(tx, token_id, clock.now()):
                raise NotFound(f"there is no token {token_id} that could be revoked")

    with_database(work)
    click.echo(f"Token {token_id} is revoked.")
