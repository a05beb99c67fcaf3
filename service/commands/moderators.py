"""`gatepost moderator`: the people who decide, and the links with which they sign in."""

from collections.abc import Sequence
from typing import cast

import click

from service import clock, people
from service.commands.running import with_database
from service.errors import FieldError, Invalid, NotFound
from service.model import Person, Role
from service.settings import Settings
from service.store import people as kept
from service.store import sites
from service.store.database import Database
from service.web import forms


@click.group()
def moderator() -> None:
    """Add moderators and owners, list them, take their role away, and let them sign in."""


@moderator.command("add")
@click.argument("email")
@click.option("--site", "site_name", required=True, metavar="NAME", help="The site they look after.")
@click.option(
    "--role", type=click.Choice(["owner", "moderator"]), required=True, help="An owner may also change the site."
)
def add(email: str, site_name: str, role: str) -> None:
    """Make EMAIL an owner or a moderator of a site, and print a link with which they sign in."""

    async def work(database: Database, settings: Settings) -> str:
        person = await make_moderator(database, email, site_name, cast(Role, role))
        return await sign_in_address(database, settings, person)

    link = with_database(work)
    click.echo(f"{email} is {role} of {site_name} now. To sign in, once and within an hour:\n{link}")


@moderator.command("list")
def list_() -> None:
    """List everyone with their sites."""

    async def work(database: Database, _settings: Settings) -> Sequence[Person]:
        return await kept.every(database)

    for person in with_database(work):
        roles = ", ".join(f"{role} of {site}" for site, role in person.roles.items()) or "no site"
        click.echo(f"{person.email}  {roles}")


@moderator.command("remove")
@click.argument("email")
@click.option("--site", "site_name", required=True, metavar="NAME", help="The site they no longer look after.")
def remove(email: str, site_name: str) -> None:
    """Take EMAIL's role at a site away; it ends at once."""

    async def work(database: Database, _settings: Settings) -> None:
        person = await kept.by_email(database, email)
        async with database.transaction() as tx:
            if not await kept.remove_role(tx, site_name, person.id):
                raise NotFound(f"{email} has no role at {site_name}")

    with_database(work)
    click.echo(f"{email} has no role at {site_name} any more.")


@moderator.command("login-link")
@click.argument("email")
def login_link(email: str) -> None:
    """Print a link with which EMAIL signs in, once and within an hour."""

    async def work(database: Database, settings: Settings) -> str:
        return await sign_in_address(database, settings, await kept.by_email(database, email))

    click.echo(with_database(work))


async def make_moderator(database: Database, email: str, site_name: str, role: Role) -> Person:
    """Give someone a role at a site. Raises NotFound for the site and Invalid for the address."""
    try:
        address = forms.email(email)
    except forms.Wrong as wrong:
        raise Invalid(FieldError("EMAIL", str(wrong))) from None
    async with database.transaction() as tx:
        await sites.get(tx, site_name)
        await kept.add(tx, clock.new_id(), address, clock.now())
        person = await kept.by_email(tx, address)
        await kept.set_role(tx, site_name, person.id, role, clock.now())
    return await kept.get(database, person.id)


async def sign_in_address(database: Database, settings: Settings, person: Person) -> str:
    """Return a fresh one-time address for someone."""
    secret = await people.make_login_link(database, person.id, clock.now)
    return f"{settings.public_url}/admin/sign-in/{secret}"
