"""Builds the base model from labelled comments: logistic regression by AdaGrad, the same bytes from the same rows.

`gatepost train FILE…` reads JSON Lines (`body`, `label` `spam` or `ham`, optionally `author`,
`website` and `source`) and writes the shipped `base.model`. What went into it stands in the README beside it.
"""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from math import exp, sqrt
from random import Random
from typing import Any, NamedTuple

from service.model import Draft, Label
from service.spam.model import BaseModel
from service.spam.tokens import BASE_SIZE, features

EPOCHS = 4
RATE = 0.3
# Pulls weights back to 0, so that a word seen twice does not decide.
DECAY = 1e-6
LOGIT_MAX = 30.0

Row = Mapping[str, Any]


class Example(NamedTuple):
    """One row as numbers: feature and value, 1 for spam or 0 for ham, and how much the row counts."""

    features: list[tuple[int, float]]
    target: float
    weight: float


def train(rows: Sequence[Row]) -> bytes:
    """Return a base model trained on rows of `body`, `label`, and perhaps `author` and `source`.

    Both labels weigh the same in all, whatever their number, so that the score is evidence and not habit; and within a
    label a source a hundred times as large as another weighs ten times as much (with equal rows, blogs that the model
    had not seen lost up to .19 AUC). Raises ValueError when the rows do not have both labels.
    """
    sizes = Counter((row["label"], row.get("source")) for row in rows)
    raw = [1 / sqrt(sizes[row["label"], row.get("source")]) for row in rows]
    sums = {label: sum(w for w, row in zip(raw, rows, strict=True) if row["label"] == label) for label in Label}
    if not all(sums.values()):
        raise ValueError("training needs both spam and ham")
    shares = [w * len(rows) / 2 / sums[row["label"]] for w, row in zip(raw, rows, strict=True)]
    weights, intercept = _fit([_example(row, share) for row, share in zip(rows, shares, strict=True)])
    step = max(map(abs, weights)) / 127 or 1.0
    return BaseModel(array("b", [round(weight / step) for weight in weights]), step, intercept).to_bytes()


def _example(row: Row, weight: float) -> Example:
    draft = Draft(thread="", author=row.get("author") or "", body=row["body"], website=row.get("website"))
    found = features(draft, with_parts=False)
    return Example(list(found.values.items()), 1.0 if row["label"] == Label.SPAM else 0.0, weight)


def _fit(examples: Sequence[Example]) -> tuple[list[float], float]:
    """Return weights and intercept after EPOCHS passes in a shuffled order that is always the same."""
    weights = [0.0] * BASE_SIZE
    squares = [1.0] * BASE_SIZE
    intercept, intercept_squares = 0.0, 1.0
    order = list(range(len(examples)))
    shuffle = Random(0).shuffle  # noqa: S311  an order, not a secret
    for _ in range(EPOCHS):
        shuffle(order)
        for index in order:
            found, target, share = examples[index]
            logit = intercept + sum([weights[feature] * value for feature, value in found])
            error = share * (1 / (1 + exp(-max(-LOGIT_MAX, min(LOGIT_MAX, logit)))) - target)
            intercept_squares += error * error
            intercept -= RATE * error / sqrt(intercept_squares)
            for feature, value in found:
                gradient = error * value + DECAY * weights[feature]
                squares[feature] += gradient * gradient
                weights[feature] -= RATE * gradient / sqrt(squares[feature])
    return weights, intercept
