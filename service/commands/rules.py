"""`gatepost rule`: what a site allows, holds and blocks, one by one or as a list from elsewhere."""

from pathlib import Path

import click

from service import clock
from service.commands.running import with_database
from service.errors import FieldError, Invalid
from service.policy import Effect, Rule, RuleKind, RuleList
from service.settings import Settings
from service.store import rules, sites
from service.store.database import Database
from service.text.rulebook import term_of, valid_value

BY = "command line"
_SITE = click.option("--site", "site_name", required=True, metavar="NAME", help="The site that the rules are for.")


@click.group()
def rule() -> None:
    """Allow, hold or block by word, domain, e-mail address, IP range or user agent."""


@rule.command("add")
@click.argument("effect", type=click.Choice([each.value for each in Effect]))
@click.argument("kind", type=click.Choice([each.value for each in RuleKind]))
@click.argument("value")
@_SITE
@click.option("--reason", help="Why; shown beside the rule.")
def add(effect: str, kind: str, value: str, site_name: str, reason: str | None) -> None:
    """Add a rule, like `rule add block word "cheap pills*" --site blog`; one about the same thing is replaced."""
    try:
        kept = valid_value(RuleKind(kind), value)
    except ValueError as error:
        raise Invalid(FieldError("VALUE", str(error))) from error
    made = Rule(clock.new_id(), Effect(effect), RuleKind(kind), kept, reason, BY, clock.now())

    async def work(database: Database, _settings: Settings) -> None:
        async with database.transaction() as tx:
            await sites.get(tx, site_name)
            await rules.put(tx, site_name, made)

    with_database(work)
    click.echo(f"Rule {made.id}: {site_name} will {effect} the {kind} {kept}.")


@rule.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_SITE
@click.option("--name", help="What to call the list; the file's name if left out.")
@click.option("--effect", type=click.Choice([each.value for each in Effect]), default="hold", show_default=True)
def import_(file: Path, site_name: str, name: str | None, effect: str) -> None:
    """Take over a block list from FILE, one term a line; a list of the same name is replaced.

    A term is a word or phrase, a domain, an e-mail address or an IP address; stars stand for anything.
    """
    try:
        lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(FieldError("FILE", f"cannot be read as text: {error}")) from error
    terms = tuple(dict.fromkeys(line for line in lines if term_of(line)))
    if not terms:
        raise Invalid(FieldError("FILE", "holds no terms; write one a line"))
    made = RuleList(clock.new_id(), name or file.stem, Effect(effect), terms, BY, clock.now())

    async def work(database: Database, _settings: Settings) -> None:
        async with database.transaction() as tx:
            await sites.get(tx, site_name)
            await rules.put_list(tx, site_name, made)

    with_database(work)
    left_out = sum(1 for line in lines if line) - len(terms)
    click.echo(f"List {made.name}: {len(terms):,} terms, {left_out:,} lines left out. {site_name} will {effect} them.")


@rule.command("list")
@_SITE
def list_(site_name: str) -> None:
    """List a site's rules and lists."""

    async def work(database: Database, _settings: Settings) -> list[str]:
        await sites.get(database, site_name)
        lines = [
            f"{one.id}  {one.effect}  {one.kind}  {one.value}  by {one.by}" + (f": {one.reason}" if one.reason else "")
            for one in await rules.every(database, site_name)
        ]
        lines += [
            f"{one.id}  {one.effect}  list  {one.name}, {len(one.terms):,} terms  by {one.by}"
            for one in await rules.lists(database, site_name)
        ]
        return lines

    for line in with_database(work):
        click.echo(line)


@rule.command("remove")
@click.argument("rule_id", metavar="ID")
@_SITE
def remove(rule_id: str, site_name: str) -> None:
    """Forget a rule or a list, by its ID as `rule list` shows it."""

    async def work(database: Database, _settings: Settings) -> None:
        async with database.transaction() as tx:
            await rules.remove(tx, site_name, rule_id)

    with_database(work)
    click.echo(f"Removed {rule_id} from {site_name}.")
