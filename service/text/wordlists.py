"""Reads the word files beside it: `[section]` lines, then one word or phrase a line; `#` begins a remark."""

from functools import cache
from importlib.resources import files


@cache
def sections(name: str) -> dict[str, tuple[str, ...]]:
    """Return the file `words/NAME.txt` as section -> its words, in the file's order and lower case."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (files("service.text") / "words" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        word = line.partition("#")[0].strip().lower()
        if word.startswith("["):
            current = found.setdefault(word.strip("[]"), [])
        elif word:
            current.append(word)
    return {section: tuple(words) for section, words in found.items()}
