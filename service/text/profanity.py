"""Finds profanity in a text, however it is disguised, and says how grave it is and where it stands.

The words and the disguises (`$` for s, `1` for i or l) are better-profanity's own, read from the installed package;
`words/en.txt` sorts them into tiers. Its matcher is never called: it compares every word with every token, 0.2 s for
1,000 characters. Here all words are one automaton: under 1 ms for 10,000 plain characters.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from itertools import islice
from typing import Final, NamedTuple

from better_profanity import profanity as shipped

from service.model import Span
from service.text.fold import Folded, fold, readings
from service.text.matcher import Matcher, Pattern
from service.text.wordlists import sections

SEVERITY: Final[Mapping[str, int]] = {"slur": 3, "strong": 2, "mild": 1, "sexual-medical": 0, "ignored": 0}
# What the package lists and our file does not name: compounds of the worst words, and whatever it adds later.
DEFAULT_TIER = "strong"
INFLECTIONS = ("s", "es", "ed", "er", "ers", "ing")
# Signs that people use like those in the package's table and that it lacks.
_MORE_DISGUISES = {"i": "!|", "t": "+", "b": "8", "l": "|", "c": "("}
# Beyond so many places in one comment, looking costs time and tells a moderator nothing.
PLACES_MAX = 200
_MASKS = str.maketrans("#", "*")
_MASKED = re.compile(r"(?<![\w*])[a-z]\w*\*[\w*]*")


class Profanity(NamedTuple):
    """One place in a text: the word that was meant, its severity 1 to 3, and `(start, end)` in the author's text."""

    word: str
    severity: int
    span: Span


def find(text: str) -> tuple[Profanity, ...]:
    """Return every place with profanity of severity 1 or more, in the order of the text, none overlapping."""
    folded = fold(text)
    found = [each for reading in readings(folded) for each in _in_reading(reading)]
    kept: list[Profanity] = []
    for each in sorted(found, key=lambda one: (one.span[0], -one.severity, -one.span[1])):
        if not kept or each.span[0] >= kept[-1].span[1]:
            kept.append(each)
        elif each.severity > kept[-1].severity:
            kept[-1] = each
    return tuple(each for each in kept if each.severity)


def _in_reading(reading: Folded) -> Iterator[Profanity]:
    """Yield what one reading of the text shows, apart from what an innocent phrase covers."""
    text = reading.text
    # All words of the lists are ASCII, and `translate` is thirty times as fast on ASCII.
    plain = text.encode("ascii", "replace").decode()
    found = [
        (start, end, _PATTERNS[index]) for start, end, index in islice(_MATCHER.find(plain, bounds=text), PLACES_MAX)
    ]
    for table in _DISGUISES:
        if (undisguised := plain.translate(table)) != plain:
            found += [
                (start, end, _PATTERNS[index])
                for start, end, index in islice(_MATCHER.find(undisguised, bounds=text), PLACES_MAX)
                if _is_word(text[start:end])
            ]
    innocent = [(start, end) for start, end, pattern in found if not _TIERED[pattern]]
    for start, end, pattern in found:
        if _TIERED[pattern] and not any(left <= start and end <= right for left, right in innocent):
            yield Profanity(pattern.text, _TIERED[pattern], reading.span(start, end))
    for start, end, word in _masked(plain):
        yield Profanity(word, _MASKABLE[word], reading.span(start, end))


def _is_word(written: str) -> bool:
    """Whether this was written as a word: `sh17`, not the house number `455` or the road `a55`."""
    digits = sum(char.isdigit() for char in written)
    return 2 * digits <= len(written) and any(char.isalpha() for char in written)


def _masked(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield `(start, end, word)` for words with stars in them, like `f*ck`, `sh#t` or `f***`."""
    masked = text.translate(_MASKS)
    if "*" not in masked:
        return
    for number, token in enumerate(_MASKED.finditer(masked)):
        if number == PLACES_MAX:
            return
        written = token.group()
        visible = [(at, char) for at, char in enumerate(written) if char != "*"]
        if len(written) > 4 and len(visible) < 2:
            continue
        for word in _BY_SHAPE[written[0], len(written)]:
            if all(word[at] == char for at, char in visible):
                yield token.start(), token.end(), word
                break


def _tiers() -> dict[Pattern, int]:
    """Return every word of the lists, as a pattern -> its severity; 0 for what is innocent."""
    named = {word: tier for tier, words in sections("en").items() for word in words}
    listed = (files("better_profanity") / "profanity_wordlist.txt").read_text(encoding="utf-8").lower().split("\n")
    everything = dict.fromkeys(filter(None, map(str.strip, listed)), DEFAULT_TIER) | named
    return {Pattern.parse(word): SEVERITY[tier] for word, tier in everything.items() if tier != "sexual-medical"}


def _variants(tiers: Mapping[Pattern, int]) -> dict[Pattern, int]:
    """Return the patterns that follow from grave words: `fucker` where only `fuck` is listed, and `fu ck`."""
    known = {pattern.text for pattern in tiers}
    found = {}
    for (word, _, open_right), severity in tiers.items():
        if severity >= SEVERITY["strong"] and word.isalpha():
            endings = () if open_right or severity > SEVERITY["strong"] else INFLECTIONS
            found.update({Pattern(word + ending): severity for ending in endings if word + ending not in known})
            found.update({Pattern(f"{word[:at]} {word[at:]}"): severity for at in range(2, len(word) - 1)})
    return found


def _disguises(listed: Mapping[str, Iterable[str]]) -> tuple[dict[int, str], ...]:
    """Return tables for `str.translate`: signs as the first and as the last letter they may stand for, then letters.

    A star is left out: it may stand for any letter. Of letters only those that hide a vowel count (`dlck`, `fvck`).
    """
    signs: dict[str, list[str]] = defaultdict(list)
    letters: dict[str, str] = {}
    for letter, ways in [*listed.items(), *_MORE_DISGUISES.items()]:
        for sign in ways:
            if not sign.isalpha() and sign != "*":
                signs[sign].append(letter)
            elif sign != letter and sign not in "aeiou*":
                letters[sign] = letter
    first, last = ({sign: meant[at] for sign, meant in signs.items()} for at in (0, -1))
    return str.maketrans(first), str.maketrans(last), str.maketrans(first | letters)


def _by_shape(words: Iterable[str]) -> defaultdict[tuple[str, int], list[str]]:
    """Return (first letter, length) -> words, so that a masked word is compared with few."""
    shapes: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for word in words:
        shapes[word[0], len(word)].append(word)
    return shapes


_LISTED = _tiers()
_TIERED = _variants(_LISTED) | _LISTED
_PATTERNS = tuple(_TIERED)
_MATCHER = Matcher(_PATTERNS)
_DISGUISES = _disguises(shipped.CHARS_MAPPING)
_MASKABLE = {
    pattern.text: severity
    for pattern, severity in _LISTED.items()
    if severity >= SEVERITY["strong"] and pattern.text.isalpha() and len(pattern.text) >= 4
}
# Where a mask fits several words, the mildest is meant: `f***` is no slur.
_BY_SHAPE = _by_shape(sorted(_MASKABLE, key=lambda word: _MASKABLE[word]))
