"""Reads a text as a person would: without the tricks of spelling that hide a word from a machine.

`fold` undoes what Unicode allows (look-alike letters, accents, invisible characters, fancy alphabets). `readings` adds
what a person sees at once: stretched letters (`fuuuck`), letters set apart (`f u c k`) and signs set between (`fu.ck`).
Every character knows where it stood in the author's own text. All steps are linear in the length of the text.
"""

import re
import string
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from service.model import Span
from service.text import lookalikes

# A character that becomes more than three (U+FDFA becomes 18) is a picture, and stays as it is.
EXPANSION_MAX = 3
# So many gaps are closed in one text; who makes more is noticed for it, and has not hidden what comes first.
GAPS_MAX = 500
# Characters of which it is remembered what they become.
MEMO_MAX = 16_384
# Shorter ones are mostly abbreviations: `e.g.`, `U.S.A.`
SPELLED_MIN = 4
# They take no room on the screen, although Unicode counts them as letters or symbols.
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"
_LOOKALIKES = lookalikes.load()
_FOREIGN_LETTER = re.compile(r"[^\W\x00-\x7f]")
# The look-behind keeps the search linear: inside a word that has been tried it does not begin again.
_FOREIGN_WORD = re.compile(r"(?<!\w)\w*[^\x00-\x7f][^\s!-&(-/:-@\[-^`{-~]*")
# Searching for the start of such a run first is seven times as fast as searching for whole runs.
_SPACED_START = re.compile(r"\b[^\W_][ .\-_*]{1,2}[^\W_][ .\-_*]")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][ .\-_*]{1,2}){2,}[^\W_](?![^\W_])")
# A sign or a small tag inside a word. The look-behind comes second, so that the search leaps from sign to sign.
_INSERTED = re.compile(
    r"[<.\-_*~|\u00a1-\U0010ffff](?<=[^\W\d_][^\w\s])(?:(?<=<)[^<>\s]{1,9}>|(?<!<)[.\-_*~|]?)(?=[^\W\d_])"
)
# An article before spelled letters, with the gap that parts them.
_ARTICLE = re.compile(r"[ai][ .\-_*]{1,2}")
# Every letter twice, `ffuucckk`; and a word between the same letters, `xxshitxx`.
_DOUBLED = re.compile(r"(?<![^\W_])(?:([a-z])\1){3,30}(?![^\W_])")
_WRAPPED = re.compile(r"(?<![^\W_])(?P<before>([a-z])\2{1,3})[a-z]{3,20}?(?P<after>\2{2,4})(?![^\W_])")
_SAME = re.compile(r"([a-z])\1*")
# As automata, because the regular expression `([a-z])\1\1` took six times as long. Not `w` three times: it stands so
# in every web address.
_PAIRS = AhoCorasick([letter * 2 for letter in string.ascii_lowercase])
_TRIPLES = AhoCorasick([letter * 3 for letter in string.ascii_lowercase if letter != "w"])


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


@lru_cache(maxsize=8)  # Profanity and a site's own rules look into the same body, name and website.
def readings(text: str) -> tuple[Folded, ...]:
    """Return the folded text, and for each trick in it the words that used it, without it: up to eight in all.

    A stretched letter is read as one and as two (`fuuuck`, `asssshole`); spelled letters with and without an article
    before them (`a b a s t a r d`).
    """
    folded = fold(text)
    found = [folded]
    text = folded.text
    if _SPACED_START.search(text) and (separators := _separators(text)):
        found.append(_without(folded, separators))
        if (later := _separators(text, after_article=True)) != separators:
            found.append(_without(folded, later))
    if inserted := [sign.span() for sign in islice(_INSERTED.finditer(text), GAPS_MAX)]:
        found.append(_without(folded, inserted))
    if stretched := _stretched(text):
        found.append(_without(folded, [(start + 1, end) for start, end in stretched]))
        found.append(_without(folded, [(start + 2, end) for start, end in stretched]))
    pairs = [start for _, start, _ in _PAIRS.find_matches_as_indexes(text)]
    if any(second == first + 2 for first, second in pairwise(pairs)) and (doubled := _doubled(text)):
        found.append(_without(folded, doubled))
    if any(not start or not text[start - 1].isalnum() for start in pairs) and (wrapped := _wrapped(text)):
        found.append(_without(folded, wrapped))
    return tuple(found)


def spaced_words(text: str) -> list[Span]:
    """Return where words of four letters or more are spelled with gaps: `b u y n o w`, `f.r.e.e`."""
    if not _SPACED_START.search(text):
        return []
    runs = [run for run in _SPACED.finditer(text) if not any(map(str.isdigit, run.group()))]
    return [run.span() for run in runs if sum(map(str.isalpha, run.group())) >= SPELLED_MIN]


def _fold_word(word: str) -> list[str]:
    """Return what each character of a word becomes."""
    latin = list(map(_LATIN.__getitem__, word))
    return list(map(_PLAIN.__getitem__, word)) if _FOREIGN_LETTER.search("".join(latin)) else latin


class _Memo(dict[str, str]):
    """What characters become, worked out when first asked for: twice as fast as `lru_cache`, which keeps an order."""

    def __init__(self, work_out: Callable[[str], str]) -> None:
        self._work_out = work_out

    def __missing__(self, char: str) -> str:
        if len(self) >= MEMO_MAX:
            self.clear()
        self[char] = becomes = self._work_out(char)
        return becomes


def _latin(char: str) -> str:
    """Return the Latin letter that one character looks like, in lower case, or what it plainly is."""
    plain = _PLAIN[char]
    return _LOOKALIKES.get(char) or _LOOKALIKES.get(plain, plain)


def _plain(char: str) -> str:
    """Return one character in lower case without accents; nothing for an invisible one."""
    if char in _BLANKS:
        return ""
    decomposed = unicodedata.normalize("NFKD", char).casefold()
    if decomposed.isalnum():
        return decomposed if len(decomposed) <= EXPANSION_MAX else char
    kept = "".join(part for part in decomposed if unicodedata.category(part) not in ("Mn", "Me", "Cf"))
    return kept if len(kept) <= EXPANSION_MAX else char


_PLAIN = _Memo(_plain)
_LATIN = _Memo(_latin)


def _separators(text: str, after_article: bool = False) -> list[Span]:
    """Return where single letters are set apart by spaces, dots, dashes or stars; perhaps without an article's."""
    found = []
    for run in _SPACED.finditer(text):
        article = _ARTICLE.match(text, run.start()) if after_article else None
        start = article.end() if article else run.start()
        end = min(run.end(), start + 2 * GAPS_MAX)
        found += [(at, at + 1) for at in range(start, end) if not text[at].isalnum()]
        if len(found) >= GAPS_MAX:
            break
    return found


def _stretched(text: str) -> list[Span]:
    """Return where a letter stands three times or more in a row."""
    found: list[Span] = []
    end = 0
    for _, start, triple_end in _TRIPLES.find_matches_as_indexes(text):
        if len(found) == GAPS_MAX:
            break
        if start >= end:
            run = _SAME.match(text, triple_end - 1)
            end = run.end() if run else triple_end
            found.append((start, end))
    return found


def _doubled(text: str) -> list[Span]:
    """Return the second letter of each pair in words in which every letter stands twice."""
    runs = islice(_DOUBLED.finditer(text), GAPS_MAX)
    return [(at + 1, at + 2) for run in runs for at in range(*run.span(), 2)]


def _wrapped(text: str) -> list[Span]:
    """Return what stands before and after words between the same letters."""
    runs = islice(_WRAPPED.finditer(text), GAPS_MAX)
    return [run.span(part) for run in runs for part in ("before", "after")]


def _without(folded: Folded, gaps: Sequence[Span]) -> Folded:
    """Return the words that have such gaps, without them. There is a gap; they are in order and do not overlap."""
    text, origins = folded
    kept: list[Span] = []
    done = edge = 0  # what has been dealt with; the space after the word that is being copied
    for start, end in gaps:
        if start > edge or not kept:
            kept.append((done, edge + 1))
            done = max(edge, text.rfind(" ", edge, start) + 1)
        kept.append((done, start))
        done = end
        if end > edge:
            space = text.find(" ", end)
            edge = space if space >= 0 else len(text)
    kept = [*kept[1:], (done, min(edge + 1, len(text)))]
    left: list[int] = []
    for start, end in kept:
        left += origins[start:end]
    return Folded("".join([text[start:end] for start, end in kept]), [*left, origins[kept[-1][1]]])
