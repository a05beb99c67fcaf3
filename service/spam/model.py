"""The base model that every site starts with, and the score of a comment by it and by what the site has taught.

score = trust · base, kept within ±BASE_MAX, + the site's own weights. It is evidence, in log-odds: 0 says nothing,
+2.2 is nine to one for spam. How common spam is belongs to the verdict.
"""

import struct
from array import array
from collections.abc import Mapping
from functools import cache
from math import sqrt
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from service.errors import BadSettings
from service.model import Learned
from service.spam.tokens import BASE_SIZE, TRUST, Features

BASE_FILE = Path(__file__).parent / "base.model"
# Whatever a base trained elsewhere believes, a site's own decisions must be able to outweigh it.
BASE_MAX = 4.0
MILLION = 1_000_000
# The clues kept: enough to name three after leaving out those that say the same.
CLUES_MAX = 12
_MAGIC = b"GPBM"
_VERSION = 1
_HEADER = struct.Struct("<4sHHffI")  # magic, version, reserved, log-odds a step, intercept, checksum of the weights
_NOTHING = Learned(0, 0)


class BaseModel(NamedTuple):
    """One signed byte a feature; a weight in log-odds is `steps[feature] * step`."""

    steps: "array[int]"
    step: float
    intercept: float

    def to_bytes(self) -> bytes:
        """Return the model as it is kept in a file."""
        weights = self.steps.tobytes()
        return _HEADER.pack(_MAGIC, _VERSION, 0, self.step, self.intercept, crc32(weights)) + weights


class Clue(NamedTuple):
    """What one readable feature adds to the score."""

    weight: float
    name: str


class Score(NamedTuple):
    """What the filter thinks, as evidence in log-odds: in all, what of it the site taught, and the base (clipped)."""

    total: float
    taught: float
    base: float


def read(path: Path) -> BaseModel:
    """Return the model kept in a file. Raises BadSettings, naming the file, if it is missing or damaged."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadSettings(f"the spam model {path} cannot be read: {error}") from error
    return from_bytes(content, f"the spam model {path}")


def from_bytes(content: bytes, called: str) -> BaseModel:
    """Return a model from what `to_bytes` made. Raises BadSettings, with what it is called, if it is damaged."""
    try:
        magic, version, _, step, intercept, checksum = _HEADER.unpack_from(content)
    except struct.error as error:
        raise BadSettings(f"{called} cannot be read: {error}") from error
    weights = content[_HEADER.size :]
    if magic != _MAGIC or version != _VERSION:
        raise BadSettings(f"{called} is not a model of this version of Gatepost")
    if len(weights) != BASE_SIZE or crc32(weights) != checksum:
        raise BadSettings(f"{called} is damaged; install Gatepost again or run `gatepost train`")
    return BaseModel(array("b", weights), step, intercept)


@cache
def base() -> BaseModel:
    """Return the shipped model, read once. Raises BadSettings if it is damaged."""
    return read(BASE_FILE)


def score(found: Features, learned: Mapping[int, Learned], model: BaseModel) -> Score:
    """Return what the filter thinks of these features after what a site has learned."""
    steps, step = model.steps, model.step
    raw = model.intercept + step * sum([steps[feature] * value for feature, value in found.values.items()])
    clipped = max(-BASE_MAX, min(BASE_MAX, raw))
    trust = trust_in(learned)
    taught = 0.0
    if learned:
        taught += sum(learned[feature].weight * value for feature, value in found.values.items() if feature in learned)
        known = [learned[part].weight for part in found.parts if part in learned]
        taught += sum(known) / sqrt(len(found.parts) or 1)
    taught /= MILLION
    return Score(trust * clipped + taught, taught, clipped)


def trust_in(learned: Mapping[int, Learned]) -> float:
    """Return how far a site trusts the base, 0 to 1; 1 before it has learned anything."""
    return max(0.0, min(1.0, 1 + learned.get(TRUST, _NOTHING).weight / MILLION))


def clues(found: Features, learned: Mapping[int, Learned], model: BaseModel, for_spam: bool) -> list[Clue]:
    """Return the readable features that speak for spam, or for a wanted comment: the CLUES_MAX strongest, in order."""
    sign = 1 if for_spam else -1
    scale, steps = trust_in(learned) * model.step, model.steps
    taught = {feature: learned[feature].weight / MILLION for feature in found.values.keys() & learned.keys()}
    added = [
        (weight * value, feature)
        for feature, value in found.values.items()
        if sign * (weight := scale * steps[feature] + taught.get(feature, 0.0)) > 0
    ]
    added.sort(reverse=for_spam)
    return [Clue(weight, found.names[feature].decode()) for weight, feature in added[:CLUES_MAX]]
