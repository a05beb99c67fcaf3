"""`make bench`: one run, a table of what was reached beside what was aimed at; `--quick` for a look.

`--readme` puts the table into the README and the plot beside this file; `--keep FOLDER` keeps what had to be installed.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from bench import checks, growth, http, plot, report

PLOT = Path(__file__).parent / "growth.svg"


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="one short round, and no more than 100,000 comments")
    asked.add_argument("--readme", action="store_true", help="put the table into the README, and the plot beside it")
    asked.add_argument("--keep", type=Path, default=Path(".venv") / "bench", help="where Isso is installed")
    given = asked.parse_args()
    rounds, seconds = (1, 1.0) if given.quick else (10, 1.5)
    sizes = growth.SIZES[:2] if given.quick else growth.SIZES
    given.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found, extra = http.run(folder, rounds, seconds, given.keep.absolute())
        costs = asyncio.run(growth.run(folder, sizes))
    command = "make bench" + (" QUICK=1" if given.quick else "")
    goals = report.table(report.rows(found, extra, costs))
    said = report.conditions(command, rounds, seconds, extra)
    print(f"{said}\n\n{goals}\n\n{report.figures(found)}\n")
    print("| checks and verdict for one comment | µs |\n| --- | ---: |")
    for text, took in checks.table():
        print(f"| {text} | {took:,.0f} |")
    if given.readme:
        report.into_readme(f"{goals}\n\n{said}")
        PLOT.write_text(plot.svg(costs), "utf-8")


if __name__ == "__main__":
    main()
