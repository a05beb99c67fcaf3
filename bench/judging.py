"""`make evaluate`: how good the judging is on comments that nothing was trained on, beside the goals, in one table.

`python -m bench.judging DATA CORPUS…`: DATA holds labelled comments by source, CORPUS are our own, which every model is
trained on. Each source is judged by a model that has seen all the others. PLOT=FILE draws their reliability and ROC.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from statistics import fmean
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from bench.checks import HOSTILE, SENTENCE, microseconds, milliseconds_to_fold
from service.checks import signals
from service.commands.evaluate import write_plot
from service.model import Draft, Facts, Label, Learned
from service.policy import Policy
from service.spam import model
from service.spam.learn import teach
from service.spam.measures import Scored, calibration, recall_at, roc_auc
from service.spam.model import from_bytes, score
from service.spam.tokens import features
from service.spam.train import Row, train
from service.store.learned import Lesson, add
from service.text.profanity import find
from service.verdict import PRIOR, decide, logistic

TRAINED_ON = ("youtube", "podcast_de", "tgspam", "mademistakes_ham", "medical_ham_A", "sms_uci")
BLOGS = ("datacamp", "eduardoboucas")
LABELLED = (*BLOGS, "youtube", "podcast_de", "tgspam")
HAM = ("mademistakes_ham", "medical_ham_A", "haacked_ham_A")
DECISIONS = (0, 20, 50, 100, 200)
HAM_MAX = 1_500
TESTED_MAX = 700
SEEDS = (0, 1)
LIKELY_SPAM = Policy().spam_at
FIRST_PART = 0.7


class Judged(NamedTuple):
    """A source, judged by a model that has not seen it: by all checks, and by the filter after some decisions."""

    source: str
    scored: Scored
    learned: Mapping[int, Sequence[Scored]]


def read(path: Path) -> list[Row]:
    """Return the rows of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def draft_of(row: Row) -> Draft:
    """Return a row as a draft."""
    return Draft("", row.get("author") or "", row["body"], website=row.get("website"))


def is_spam(row: Row) -> bool:
    """Tell a row's label."""
    return bool(row["label"] == Label.SPAM)


def judge(source: str, data: Path, corpus: Sequence[Path]) -> Judged:
    """Train on everything but a source, and judge it."""
    others = [row for name in TRAINED_ON if name != source for row in read(data / f"{name}.jsonl")]
    content = train(others + [row for path in corpus for row in read(path)])
    rows = read(data / f"{source}.jsonl")
    if source in HAM:
        rows = rows[:: max(1, len(rows) // HAM_MAX)]
    with NamedTemporaryFile() as file:
        Path(file.name).write_bytes(content)
        model.BASE_FILE = Path(file.name)
        model.base.cache_clear()
        scored = [(decide(signals(draft_of(row), Facts()), Policy()).spam_probability, is_spam(row)) for row in rows]
    learned = learning(rows, from_bytes(content, source)) if source in LABELLED else {}
    return Judged(source, scored, learned)


def learning(rows: Sequence[Row], base: model.BaseModel) -> Mapping[int, Sequence[Scored]]:
    """Return how the filter scores the rest after so many decisions, for each of SEEDS orders.

    A source too small for the last of DECISIONS is taught with half of itself instead.
    """
    found: dict[int, list[Scored]] = {count: [] for count in DECISIONS}
    for seed in SEEDS:
        order = list(rows)
        Random(seed).shuffle(order)
        count = min(max(DECISIONS), len(order) // 2)
        taught, tested = order[:count], order[count : count + TESTED_MAX]
        tests = [(features(draft_of(row)), is_spam(row)) for row in tested]
        known: dict[int, Learned] = {}
        for number in range(count + 1):
            if number:
                row = taught[number - 1]
                label = Label(row["label"])
                add(known, Lesson(label, teach(known, draft_of(row), label, model=base)), +1)
            if number in DECISIONS or number == count:
                after = number if number in DECISIONS else max(DECISIONS)
                found[after].append([(score(seen, known, base).total, spam) for seen, spam in tests])
    return found


def anchor(data: Path) -> tuple[float, float]:
    """Return accuracy and MCC on the last 30 % of each video's comments after training on the first 70 %."""
    first: list[Row] = []
    last: list[Row] = []
    by_video: dict[str, list[Row]] = {}
    for row in read(data / "youtube.jsonl"):
        by_video.setdefault(row["source"], []).append(row)
    for rows in by_video.values():
        cut = round(FIRST_PART * len(rows))
        first += rows[:cut]
        last += rows[cut:]
    base = from_bytes(train(first), "the model of the anchor")
    said = [(score(features(draft_of(row)), {}, base).total > 0, is_spam(row)) for row in last]
    hits, alarms = sum(a and b for a, b in said), sum(a and not b for a, b in said)
    missed, right = sum(b and not a for a, b in said), sum(not a and not b for a, b in said)
    below = float((hits + alarms) * (hits + missed) * (right + alarms) * (right + missed)) ** 0.5
    return (hits + right) / len(said), (hits * right - alarms * missed) / below


def profanity(data: Path) -> Iterator[tuple[str, str, str]]:
    """Yield how many disguised words are seen, and how much clean text is flagged."""
    cases = json.loads((data / "profanity_cases.json").read_text("utf-8"))
    seen = fmean(bool(find(case["body"])) for case in cases["profane"])
    clean = fmean(bool(find(case["body"])) for case in cases["clean"])
    medical = fmean(bool(find(row["body"])) for row in read(data / "medical_ham_A.jsonl"))
    yield "profanity: disguised words seen (known cases)", f"{seen:.3f}", "0.92"
    yield "profanity: clean medical text flagged", f"{medical:.2%}", "0.3%"
    yield "profanity: Scunthorpe, idioms and anatomy flagged", f"{clean:.2%}", "1%"


def speed() -> Iterator[tuple[str, str, str]]:
    """Yield how long all checks take."""
    yield "all checks, 300 characters", f"{microseconds((SENTENCE * 3)[:300]) / 1000:.2f} ms", "0.3 ms"
    worst = max(microseconds(body) for body in HOSTILE.values())
    folding = max(milliseconds_to_fold(body * 5) for body in HOSTILE.values())
    yield "folding, worst of 50,000 hostile characters", f"{folding:.1f} ms", "5 ms"
    yield "all checks, worst of 10,000 hostile characters", f"{worst / 1000:.1f} ms", "10 ms"


def table(found: Mapping[str, Judged], data: Path) -> Iterator[tuple[str, str, str]]:
    """Yield what was measured, the figure, and the goal."""
    for source in LABELLED:
        scored = found[source].scored
        goal = "0.95 / 60% / 85%" if source in BLOGS else ""
        shown = f"{roc_auc(scored):.3f} / {recall_at(scored, 0.01):.0%} / {recall_at(scored, 0.05):.0%}"
        yield f"{source}, unseen, all checks: AUC / spam at 1% / at 5%", shown, goal
    yield "mean of these AUCs", f"{fmean(roc_auc(found[source].scored) for source in LABELLED):.3f}", ""
    ham = [value >= LIKELY_SPAM for each in found.values() for value, spam in each.scored if not spam]
    yield f"unseen ham called likely spam ({len(ham):,} comments)", f"{fmean(ham):.2%}", "0.5%"
    means = {}
    for count in DECISIONS:
        orders = [order for source in LABELLED for order in found[source].learned[count]]
        means[count] = fmean(map(roc_auc, orders)), fmean(recall_at(order, 0.01) for order in orders)
        goal = {50: "0.95", 200: "0.975 / 75%"}.get(count, "")
        shown = f"{means[count][0]:.3f} / {means[count][1]:.0%}"
        yield f"filter alone after {count} decisions, mean: AUC / spam at 1%", shown, goal
    lost = max(
        fmean(map(roc_auc, found[one].learned[0])) - fmean(map(roc_auc, found[one].learned[20])) for one in LABELLED
    )
    yield "most AUC that a source lost by 20 decisions", f"{max(lost, 0):.3f}", "0.02"
    accuracy, mcc = anchor(data)
    yield "YouTube, first 70 % / last 30 %: accuracy / MCC", f"{accuracy:.3f} / {mcc:.3f}", "0.98 / 0.95"
    yield from profanity(data)
    yield from speed()


def main() -> None:
    """Print the table."""
    data, corpus = Path(sys.argv[1]), [Path(path) for path in sys.argv[2:]]
    missing = [name for name in (*LABELLED, *HAM, "sms_uci") if not (data / f"{name}.jsonl").exists()]
    if missing:
        sys.exit(f"{data} lacks {', '.join(missing)} (.jsonl); set DATA=/path/to/labelled/comments")
    with ProcessPoolExecutor() as pool:
        found = {each.source: each for each in pool.map(partial(judge, data=data, corpus=corpus), (*LABELLED, *HAM))}
    print(f"{'measured':<66} {'here':<22} goal")
    for what, here, goal in table(found, data):
        print(f"{what:<66} {here:<22} {goal}", flush=True)
    unseen = [row for each in found.values() for row in each.scored]
    print(f"\nReliability on the {len(unseen):,} unseen comments, as if {logistic(PRIOR):.0%} of all were spam")
    print("said   were   comments")
    for tenth in filter(None, calibration(unseen, logistic(PRIOR))):
        print(f"{tenth.said:.2f}   {tenth.were:.2f}   {tenth.comments:,}")
    if plot := os.environ.get("PLOT"):
        write_plot(Path(plot), unseen, logistic(PRIOR))


if __name__ == "__main__":
    main()
