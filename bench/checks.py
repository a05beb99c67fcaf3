"""How long the checks take for one comment, by the length of its text, in microseconds on one core."""

import timeit
from itertools import cycle

from service import checks
from service.model import Draft, Facts
from service.policy import Policy
from service.text.fold import fold, readings
from service.verdict import decide

SENTENCE = (
    "After three weeks of massage and a short walk every day my sciatica is nearly gone, though the leg still feels "
    "numb in the morning when I get up too fast. "
)
HOSTILE = {
    "one letter and dots": "a." * 5_000,
    "combining marks": "a" + "\u0301" * 9_999,
    "links": "https://a.example " * 555,
    "one long word": "f" * 10_000,
    "brackets": "[url=" * 2_000,
    "Cyrillic look-alikes": "\u0441\u0443\u043a" * 3_333,
    "ornamental letters": "\U0001d49c" * 10_000,
    "words of two letters with hard spaces": "a\u00a0" * 5_000,
}


def microseconds(body: str) -> float:
    """Return the best of five rounds for one comment with this text, signals and verdict.

    No two in a row are the same: what one check has read of a text is kept for the next.
    """
    bodies = cycle([f"{body[:-2]}{number}" for number in range(10, 30)])
    facts, policy = Facts(), Policy()

    def judge() -> None:
        draft = Draft("/bench", "A reader", next(bodies), website="https://reader.example")
        decide(checks.signals(draft, facts), policy)

    work = timeit.Timer(judge)
    number, _ = work.autorange()
    return min(work.repeat(5, number)) / number * 1e6


def milliseconds_to_fold(body: str) -> float:
    """Return the best of five rounds of folding a text, with all readings of it."""

    def read() -> None:
        fold.cache_clear()
        readings.cache_clear()
        readings(body)

    return min(timeit.repeat(read, number=1, repeat=5)) * 1e3


def table() -> list[tuple[str, float]]:
    """Return a row for each text."""
    usual = [(f"{length:,} characters", (SENTENCE * 100)[:length]) for length in (50, 300, 1_000, 5_000, 10_000)]
    hostile = [(f"10,000 hostile: {name}", body) for name, body in HOSTILE.items()]
    return [(name, microseconds(body)) for name, body in [*usual, *hostile]]
