"""How well scores part spam from ham: the usual measures, with intervals that say how far to believe them."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from random import Random
from typing import NamedTuple

Scored = Sequence[tuple[float, bool]]  # a score that is higher for spam, and whether it is spam

BOOTSTRAPS = 200
BINS = 10


class Interval(NamedTuple):
    """A measure, and the middle 95 % of what it is when the rows are drawn anew (bootstrap)."""

    value: float
    low: float
    high: float


class Bin(NamedTuple):
    """Comments with a probability in one tenth: how many, what was said of them on average, how many were spam."""

    comments: int
    said: float
    were: float


def roc_auc(scored: Scored) -> float:
    """Return the chance, 0 to 1, that a spam comment scores above a ham one; a tie counts half (Mann and Whitney)."""
    ham = sorted(score for score, spam in scored if not spam)
    spam = sorted(score for score, spam in scored if spam)
    not_above = sum(bisect_right(ham, score) for score in spam)
    below = sum(bisect_left(ham, score) for score in spam)
    return (not_above + below) / 2 / (len(ham) * len(spam))


def pr_auc(scored: Scored) -> float:
    """Return the average precision: over all spam, the share of spam among what scores at least as high."""
    found = seen = 0
    area = 0.0
    for _, tied in groupby(sorted(scored, reverse=True), key=lambda row: row[0]):
        labels = [spam for _, spam in tied]
        found, seen = found + sum(labels), seen + len(labels)
        area += sum(labels) * found / seen
    return area / found


def recall_at(scored: Scored, false_alarms: float) -> float:
    """Return the share of spam that scores above all but this share of the ham."""
    ham = sorted((score for score, spam in scored if not spam), reverse=True)
    spam = [score for score, spam in scored if spam]
    line = ham[min(int(len(ham) * false_alarms), len(ham) - 1)]
    return sum(score > line for score in spam) / len(spam)


def bootstrap(scored: Scored, measure: Callable[[Scored], float]) -> Interval:
    """Return a measure with its interval; spam and ham are drawn apart, in an order that is always the same."""
    draw = Random(0).choices  # noqa: S311  a sample, not a secret
    spam = [row for row in scored if row[1]]
    ham = [row for row in scored if not row[1]]
    found = sorted(measure([*draw(spam, k=len(spam)), *draw(ham, k=len(ham))]) for _ in range(BOOTSTRAPS))
    return Interval(measure(scored), found[int(0.025 * BOOTSTRAPS)], found[int(0.975 * BOOTSTRAPS)])


def calibration(scored: Scored, spam_share: float | None = None) -> list[Bin | None]:
    """Return, for each tenth of probability, what was said and what was true; None where nothing was said.

    With `spam_share` spam and ham weigh as if so much of all comments, 0 to 1, were spam.
    """
    spam = sum(is_spam for _, is_spam in scored)
    weigh = {True: 1.0, False: 1.0}
    if spam_share is not None:
        weigh = {True: spam_share / max(1, spam), False: (1 - spam_share) / max(1, len(scored) - spam)}
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for row in scored:
        bins[min(int(row[0] * BINS), BINS - 1)].append(row)
    return [_bin(rows, weigh) if rows else None for rows in bins]


def _bin(rows: Scored, weigh: Mapping[bool, float]) -> Bin:
    weight = sum(weigh[spam] for _, spam in rows)
    said = sum(score * weigh[spam] for score, spam in rows) / weight
    return Bin(len(rows), said, sum(weigh[True] for _, spam in rows if spam) / weight)
