"""Puts findings into words that a moderator reads at a glance."""

from collections.abc import Iterable

SHOWN_MAX = 3
LENGTH_MAX = 40
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def number(count: int, noun: str) -> str:
    """Return `one link`, `two links`, `12 links`."""
    return f"{_NUMBERS[count] if count < len(_NUMBERS) else count} {noun}{'' if count == 1 else 's'}"


def some(items: Iterable[str], quote: bool = False) -> str:
    """Return the first three different items, shortened, with `…` if there are more."""
    different = list(dict.fromkeys(shorten(item) for item in items))
    shown = [f"“{item}”" if quote else item for item in different[:SHOWN_MAX]]
    return ", ".join(shown) + (", …" if len(different) > SHOWN_MAX else "")


def shorten(text: str) -> str:
    """Return a text on one line, printable, at most LENGTH_MAX characters."""
    text = text[: 4 * LENGTH_MAX]
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(text.split())
    return line if len(line) <= LENGTH_MAX else line[: LENGTH_MAX - 1] + "…"
