"""The command line: `gatepost serve` and everything an owner does at a terminal."""

import sys
from collections.abc import Sequence

import click

from service import __version__
from service.commands import check, copies, doctor, evaluate, moderators, rules, serve, sites, threads, tokens
from service.errors import GatepostError, Invalid


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gatepost")
def gatepost() -> None:
    """Gatepost moderates the comments of your websites.

    Settings come from GATEPOST_… environment variables or from gatepost.toml in this folder.
    """


COMMANDS: Sequence[click.Command] = [
    serve.serve,
    sites.site,
    threads.thread,
    moderators.moderator,
    tokens.token,
    rules.rule,
    check.check,
    evaluate.train,
    evaluate.evaluate,
    copies.backup,
    copies.restore,
    doctor.doctor,
]
for command in COMMANDS:
    gatepost.add_command(command)


def main() -> None:
    """Run a command: exit status 0 when it is done, 1 when it failed and said why, 2 for wrong usage."""
    try:
        gatepost(standalone_mode=True)
    except Invalid as error:
        for field, detail in error.errors:
            click.echo(f"{field}: {detail}", err=True)
        sys.exit(1)
    except GatepostError as error:
        click.echo(error.detail, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
