"""Reads a text as a person would: without the tricks of spelling that hide a word from a machine.

`fold` undoes what Unicode allows (look-alike letters, accents, invisible characters, fancy alphabets). `readings` adds
what a person sees at once: stretched letters (`fuuuck`) and letters set apart (`f u c k`). Every character knows where
it stood in the author's own text. All steps are linear in the length of the text.
"""

import re
import string
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from service.model import Span
from service.text import lookalikes

# One character may become several (U+FDFA becomes 18, attacks.md row 9): more than four tell nothing about a word.
EXPANSION_MAX = 4
# They take no room on the screen, although Unicode counts them as letters or symbols.
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"
_LOOKALIKES = lookalikes.load()
_FOREIGN_LETTER = re.compile(r"[^\W\x00-\x7f]")
# The look-behind keeps the search linear: inside a word that has been tried it does not begin again.
_FOREIGN_WORD = re.compile(r"(?<!\w)\w*[^\x00-\x7f][^\s!-&(-/:-@\[-^`{-~]*")
# Searching for the start of such a run first is seven times as fast as searching for whole runs.
_SPACED_START = re.compile(r"\b[^\W_][ .\-_*]{1,2}[^\W_][ .\-_*]")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][ .\-_*]{1,2}){2,}[^\W_](?![^\W_])")
_STRETCHED = re.compile(r"([a-z])\1\1+")
_RUNS = tuple(letter * 3 for letter in string.ascii_lowercase)


class Folded(NamedTuple):
    """A text as it reads. `origins[i]` is where its character `i` stood in the author's text; the last is its end."""

    text: str
    origins: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """Return where `text[start:end]` (not empty) stands in the author's text, as `(start, end)` in characters."""
        return self.origins[start], max(self.origins[end], self.origins[end - 1] + 1)


@lru_cache(maxsize=4)  # The checks of one comment ask for the same text one after the other.
def fold(text: str) -> Folded:
    """Return the text in lower case, compatible forms, without accents or invisible characters.

    A word whose letters all look Latin becomes Latin (`fuсk` with a Cyrillic `с`); a word with one letter that does
    not stays as it is, so that Russian or Greek can still be read.
    """
    if text.isascii():
        return Folded(text.lower(), range(len(text) + 1))
    pieces: list[str] = []
    origins: list[int] = []
    done = 0
    for word in _FOREIGN_WORD.finditer(text):
        pieces.append(text[done : word.start()].lower())
        origins += range(done, word.start())
        done = word.end()
        read = _fold_word(word.group())
        pieces += read
        if set(map(len, read)) == {1}:
            origins += range(word.start(), done)
        else:
            origins += [at for at, piece in enumerate(read, word.start()) for _ in piece]
    pieces.append(text[done:].lower())
    origins += range(done, len(text) + 1)
    return Folded("".join(pieces), origins)


def readings(folded: Folded) -> tuple[Folded, ...]:
    """Return the text itself, and if it has stretched or separated letters, also the readings without them.

    A stretched letter is read as one and as two (`fuuuck`, `asssshole`).
    """
    found = [folded]
    if _SPACED_START.search(folded.text) and (joined := _join_letters(folded)) is not folded:
        found.append(joined)
    if any(run in folded.text for run in _RUNS):
        found += [_squeeze(found[-1], 1), _squeeze(found[-1], 2)]
    return tuple(found)


def _fold_word(word: str) -> list[str]:
    """Return what each character of a word becomes."""
    latin = list(map(_latin, word))
    return list(map(_plain, word)) if _FOREIGN_LETTER.search("".join(latin)) else latin


@lru_cache(maxsize=16_384)
def _latin(char: str) -> str:
    """Return the Latin letter that one character looks like, in lower case, or what it plainly is."""
    plain = _plain(char)
    return _LOOKALIKES.get(char) or _LOOKALIKES.get(plain, plain)


@lru_cache(maxsize=16_384)
def _plain(char: str) -> str:
    """Return one character in lower case without accents; nothing for an invisible one."""
    if char in _BLANKS:
        return ""
    decomposed = unicodedata.normalize("NFKD", char).casefold()
    if decomposed.isalnum():
        return decomposed[:EXPANSION_MAX]
    kept = [part for part in decomposed if unicodedata.category(part) not in ("Mn", "Me", "Cf")]
    return "".join(kept[:EXPANSION_MAX])


def _join_letters(folded: Folded) -> Folded:
    """Return the reading in which single letters set apart by spaces, dots, dashes or stars are one word."""
    return _without(folded, [
        (at, at + 1)
        for run in _SPACED.finditer(folded.text)
        for at in range(run.start(), run.end())
        if not folded.text[at].isalnum()
    ])


def _squeeze(folded: Folded, keep: int) -> Folded:
    """Return the reading in which a letter that stands three times or more in a row stands `keep` times."""
    return _without(folded, [(run.start() + keep, run.end()) for run in _STRETCHED.finditer(folded.text)])


def _without(folded: Folded, gaps: Sequence[Span]) -> Folded:
    """Return the reading without these places, which are in order and do not overlap."""
    if not gaps:
        return folded
    pieces: list[str] = []
    origins: list[int] = []
    done = 0
    for start, end in gaps:
        pieces.append(folded.text[done:start])
        origins += folded.origins[done:start]
        done = end
    pieces.append(folded.text[done:])
    origins += folded.origins[done:]
    return Folded("".join(pieces), origins)
