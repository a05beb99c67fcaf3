"""`gatepost train` and `gatepost evaluate`: builds the base spam model, and says how good the judging is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from service.checks import signals
from service.errors import BadSettings, FieldError, Invalid
from service.model import Draft, Facts, Label
from service.policy import Policy
from service.spam.measures import Bin, Interval, Scored, bootstrap, calibration, pr_auc, recall_at, roc_auc
from service.spam.model import BASE_FILE, BaseModel, base, from_bytes, score
from service.spam.plots import svg
from service.spam.tokens import features
from service.spam.train import Row
from service.spam.train import train as build
from service.verdict import decide

# The length of a bar that says that all were spam.
BAR = 30
MISTAKES_SHOWN = 5
MISTAKE_LENGTH = 100
_FILES = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False), metavar="FILE…")


@click.command()
@_FILES
@click.option("--output", type=click.Path(dir_okay=False), default=str(BASE_FILE), help="Where the model goes.")
@click.option("--evaluate", "only_judge", is_flag=True, help="Build nothing; judge each file by a model of the others.")
def train(paths: Sequence[str], output: str, only_judge: bool) -> None:
    """Build the base spam model from labelled JSON Lines (`body`, `label` spam or ham, perhaps `author`, `website`).

    The same files in the same order give the same bytes.
    """
    rows = {path: _rows(path) for path in paths}
    if only_judge:
        for path in paths:
            others = [row for other in paths if other != path for row in rows[other]]
            model = from_bytes(_build(others), f"the model without {path}")
            _report(
                f"{path}, by a model of the other files (the filter alone)", rows[path], _by_filter(rows[path], model)
            )
        return
    content = _build([row for path in paths for row in rows[path]])
    try:
        Path(output).write_bytes(content)
    except OSError as error:
        raise BadSettings(f"the model cannot be written: {error}") from error
    click.echo(f"Wrote {output}: {len(content):,} bytes from {sum(map(len, rows.values())):,} comments.")


@click.command()
@_FILES
@click.option("--plot", type=click.Path(dir_okay=False), help="Draw reliability and ROC of all files into this SVG.")
def evaluate(paths: Sequence[str], plot: str | None) -> None:
    """Judge labelled JSON Lines with all checks and the shipped model, and say how well it went.

    Comments that the model was trained on look better than they are: judge what it has never seen.
    """
    base()
    every: list[tuple[float, bool]] = []
    for path in paths:
        rows = _rows(path)
        scored = [(_probability(row), row["label"] == Label.SPAM) for row in rows]
        _report(path, rows, scored, probabilities=True)
        every += scored
    if plot:
        write_plot(Path(plot), every)


def write_plot(path: Path, scored: Scored, spam_share: float | None = None) -> None:
    """Draw reliability and ROC. Raises Invalid if there is only spam or only ham, or the file cannot be written."""
    if len({is_spam for _, is_spam in scored}) < 2:
        raise Invalid(FieldError("--plot", "needs spam and ham among the comments"))
    try:
        path.write_text(svg(f"{len(scored):,} comments", scored, spam_share), "utf-8")
    except OSError as error:
        raise Invalid(FieldError("--plot", f"cannot be written: {error}")) from error
    click.echo(f"\nDrew {path}.")


def _build(rows: Sequence[Row]) -> bytes:
    try:
        return build(rows)
    except ValueError as error:
        raise Invalid(FieldError("FILE", str(error))) from error


def _by_filter(rows: Sequence[Row], model: BaseModel) -> Scored:
    return [(score(features(_draft(row)), {}, model).total, row["label"] == Label.SPAM) for row in rows]


def _probability(row: Row) -> float:
    return decide(signals(_draft(row), Facts()), Policy()).spam_probability


def _draft(row: Row) -> Draft:
    return Draft("", row.get("author") or "", row["body"], website=row.get("website"))


def _rows(path: str) -> list[Row]:
    """Read labelled comments. Raises Invalid naming the file and the line."""
    rows: list[Row] = []
    for number, line in enumerate(Path(path).read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                row: Mapping[str, Any] = msgspec.json.decode(line, type=dict[str, Any])
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise Invalid(FieldError(f"{path}, line {number}", f"is no JSON object: {error}")) from error
            if not isinstance(row.get("body"), str) or row.get("label") not in list(Label):
                raise Invalid(FieldError(f"{path}, line {number}", "needs body, and label spam or ham"))
            rows.append(row)
    if not rows:
        raise Invalid(FieldError(path, "holds no comments"))
    return rows


def _report(title: str, rows: Sequence[Row], scored: Scored, probabilities: bool = False) -> None:
    spam = sum(is_spam for _, is_spam in scored)
    click.echo(f"\n{title}: {len(scored):,} comments, {spam:,} of them spam")
    if 0 < spam < len(scored):
        click.echo(f"  ROC-AUC                       {_shown(bootstrap(scored, roc_auc))}")
        click.echo(f"  PR-AUC                        {_shown(bootstrap(scored, pr_auc))}")
        for share in (0.01, 0.05):
            found = bootstrap(scored, lambda drawn, share=share: recall_at(drawn, share))  # type: ignore[misc]
            click.echo(f"  spam found at {share:.0%} false alarms {_shown(found)}")
    if probabilities:
        for line in (0.1, 0.5, 0.9):
            alarms = sum(one >= line for one, is_spam in scored if not is_spam) / max(1, len(scored) - spam)
            found_spam = sum(one >= line for one, is_spam in scored if is_spam) / max(1, spam)
            click.echo(f"  from {line}: {found_spam:6.1%} of the spam, {alarms:6.2%} of the ham")
        click.echo("  said   were   comments")
        for tenth in filter(None, calibration(scored)):
            click.echo(_bin(tenth))
    _mistakes(rows, scored)


def _mistakes(rows: Sequence[Row], scored: Scored) -> None:
    ordered = sorted(zip(scored, rows, strict=True), key=lambda pair: pair[0][0])
    worst = {
        "ham that looks most like spam": [row for (_, spam), row in reversed(ordered) if not spam],
        "spam that looks most like ham": [row for (_, spam), row in ordered if spam],
    }
    for what, found in worst.items():
        if found:
            click.echo(f"  {what}:")
        for row in found[:MISTAKES_SHOWN]:
            click.echo(f"    {' '.join(row['body'].split())[:MISTAKE_LENGTH]}")


def _shown(interval: Interval) -> str:
    return f"{interval.value:.3f}  ({interval.low:.3f} to {interval.high:.3f})"


def _bin(tenth: Bin) -> str:
    return f"  {tenth.said:.2f}   {tenth.were:.2f}   {tenth.comments:<8,}  {'█' * round(BAR * tenth.were)}"
