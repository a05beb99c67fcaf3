"""Builds the base model from labelled comments: logistic regression by AdaGrad, the same bytes from the same rows.

`python -m service.spam.train FILE…` reads JSON Lines (`body`, `label` `spam` or `ham`, optionally `author`) and writes
the shipped `base.model`. What went into it stands in the README beside it.
"""

import json
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from math import exp, sqrt
from pathlib import Path
from random import Random
from typing import Any

from service.model import Draft, Label
from service.spam.model import BASE_FILE, BaseModel
from service.spam.tokens import BASE_SIZE, features

EPOCHS = 4
RATE = 0.5
# Pulls weights back to 0, so that a word seen twice does not decide.
DECAY = 1e-6

Row = Mapping[str, Any]
Example = tuple[list[tuple[int, float]], float]


def train(rows: Iterable[Row]) -> bytes:
    """Return a base model trained on rows of `body`, `label` and perhaps `author`.

    Both labels weigh the same in all, whatever their number, so that the score is evidence and not habit.
    Raises ValueError when the rows do not have both labels.
    """
    examples = [_example(row) for row in rows]
    spam = sum(target for _, target in examples)
    if not 0 < spam < len(examples):
        raise ValueError("training needs both spam and ham")
    weight_of = {1.0: len(examples) / 2 / spam, 0.0: len(examples) / 2 / (len(examples) - spam)}
    weights, intercept = _fit(examples, weight_of)
    step = max(map(abs, weights)) / 127 or 1.0
    return BaseModel(array("b", [round(weight / step) for weight in weights]), step, intercept).to_bytes()


def _example(row: Row) -> Example:
    draft = Draft(thread="", author=row.get("author") or "", body=row["body"])
    found = features(draft, with_parts=False)
    return list(found.values.items()), 1.0 if row["label"] == Label.SPAM else 0.0


def _fit(examples: Sequence[Example], weight_of: Mapping[float, float]) -> tuple[list[float], float]:
    """Return weights and intercept after EPOCHS passes in a shuffled order that is always the same."""
    weights = [0.0] * BASE_SIZE
    squares = [1e-2] * BASE_SIZE
    intercept = 0.0
    intercept_squares = 1.0
    order = list(range(len(examples)))
    shuffle = Random(0).shuffle  # noqa: S311  an order, not a secret
    for _ in range(EPOCHS):
        shuffle(order)
        for index in order:
            found, target = examples[index]
            logit = intercept + sum([weights[feature] * value for feature, value in found])
            error = weight_of[target] * (1 / (1 + exp(-max(-30.0, min(30.0, logit)))) - target)
            intercept_squares += error * error
            intercept -= RATE * error / sqrt(intercept_squares)
            for feature, value in found:
                gradient = error * value + DECAY * weights[feature]
                squares[feature] += gradient * gradient
                weights[feature] -= RATE * gradient / sqrt(squares[feature])
    return weights, intercept


def main(paths: Sequence[str]) -> None:
    """Train on these files and replace the shipped model."""
    rows = [json.loads(line) for path in paths for line in Path(path).open(encoding="utf-8")]
    BASE_FILE.write_bytes(train(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
