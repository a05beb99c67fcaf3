"""Finds profanity in a text, however it is disguised, and says how grave it is and where it stands.

The English words and the disguises (`$` for s, `1` for i or l) are better-profanity's own, read from the installed
package; the files in `words/` sort them into tiers and add seven languages. Its matcher is never called: it compares
every word with every token, 0.2 s for 1,000 characters. Here all words are one automaton: under 1 ms for 10,000
plain characters.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate, islice
from typing import Final, NamedTuple

from better_profanity import profanity as shipped

from service.model import Span
from service.policy import Tiers
from service.text.fold import fold, readings
from service.text.matcher import Matcher, Pattern
from service.text.wordlists import sections

# English comes last: what it says of a word counts.
LANGUAGES: Final = ("de", "es", "fr", "it", "pt", "ru", "tr", "en")
# A phrase of this tier is not reported, and neither is what it covers.
INNOCENT: Final = "ignored"
OWN: Final = "own"
# What the package lists and our file does not name: compounds of the worst words, and whatever it adds later.
DEFAULT_TIER: Final = "strong"
# What people disguise; of several words that a mask fits, the first tier is meant: `f***` is no slur, and no feck.
DISGUISED: Final = ("strong", "mild", "slur")
INFLECTIONS: Final = ("s", "es", "ed", "er", "ers", "ing")
COMPOUNDS: Final = ("face", "head", "hole", "bag", "boy", "brain", "stain", "lord")
# Shorter words with their letters moved or a vowel gone are words that people use; of mild ones, so are more.
MOVED_MIN: Final = 4
DROPPED_MIN: Final = 5
MILD_MIN: Final = 5
# Longer ones are seldom disguised like that, and every pattern costs memory.
MOVED_MAX: Final = 9
# Beyond so many places in one comment, looking costs time and tells a moderator nothing.
PLACES_MAX: Final = 200
# Signs that people use like those in the package's table and that it lacks.
_MORE_DISGUISES = {"i": "!|", "t": "+", "b": "8", "l": "|", "c": "("}
_MASKS = str.maketrans("#@", "**")
_MASKED = re.compile(r"(?<![\w*])[a-z]\w*\*[\w*]*")


class Profanity(NamedTuple):
    """One place in a text: the word that was meant, its severity 1 to 3, and `(start, end)` in the author's text."""

    word: str
    severity: int
    span: Span


class _Hit(NamedTuple):
    """A listed word in one reading of a text."""

    start: int
    end: int
    word: str
    tier: str


DEFAULT_TIERS = Tiers()


def find(text: str, tiers: Tiers = DEFAULT_TIERS) -> tuple[Profanity, ...]:
    """Return the places with profanity of severity 1 or more, in the order of the text, none overlapping.

    `tiers` says how grave each tier is on this site, and which words the site adds or takes out. At most PLACES_MAX
    places: who finds so many knows enough, and has not seen the rest.
    """
    severity, own = _of_site(tiers)
    found: list[Profanity] = []
    for reading in readings(text):
        hits, innocent = _looked(reading.text, own, severity, PLACES_MAX - len(found))
        found += [
            Profanity(hit.word, severity[hit.tier], reading.span(hit.start, hit.end))
            for hit in _uncovered(hits, innocent)
        ]
    return _without_overlaps(found)


@lru_cache(maxsize=256)
def _of_site(tiers: Tiers) -> tuple[Mapping[str, int], Sequence[tuple[Matcher, str]]]:
    """Return the severity of each tier that counts on a site, and matchers of the site's own words."""
    severity = {
        "slur": tiers.slur,
        "strong": tiers.strong,
        "mild": tiers.mild,
        "sexual-medical": tiers.sexual_medical,
        OWN: tiers.strong,
    }
    own = [(tiers.own_words, OWN), (tiers.clean_words, INNOCENT)]
    return (
        {tier: grave for tier, grave in severity.items() if grave} | {INNOCENT: 0},
        [(Matcher([_pattern(word) for word in words]), tier) for words, tier in own if words],
    )


def _looked(
    text: str, own: Sequence[tuple[Matcher, str]], severity: Mapping[str, int], most: int
) -> tuple[list[_Hit], list[Span]]:
    """Return the words of interest in one reading of a text, at most `most`, and where innocent phrases stand."""
    hits: list[_Hit] = []
    innocent: list[Span] = []
    for hit in _hits(text, own):
        if hit.tier == INNOCENT:
            innocent.append((hit.start, hit.end))
        elif hit.tier in severity:
            if len(hits) >= most:
                break
            hits.append(hit)
    return hits, innocent


def _uncovered(hits: Iterable[_Hit], innocent: Iterable[Span]) -> Iterator[_Hit]:
    """Yield the hits that no innocent phrase covers."""
    phrases = sorted(innocent)
    starts = [start for start, _ in phrases]
    ends = list(accumulate((end for _, end in phrases), max))
    for hit in hits:
        before = bisect_right(starts, hit.start)
        if not before or ends[before - 1] < hit.end:
            yield hit


def _without_overlaps(found: Iterable[Profanity]) -> tuple[Profanity, ...]:
    kept: list[Profanity] = []
    for each in sorted(found, key=lambda one: (one.span[0], -one.severity, -one.span[1])):
        if not kept or each.span[0] >= kept[-1].span[1]:
            kept.append(each)
        elif each.severity > kept[-1].severity:
            kept[-1] = each
    return tuple(kept)


def _hits(text: str, own: Sequence[tuple[Matcher, str]]) -> Iterator[_Hit]:
    """Yield every listed word in one reading of a text, plain ones first."""
    # Most words of the lists are ASCII, and `translate` is thirty times as fast on ASCII.
    plain = text.encode("ascii", "replace").decode()
    yield from _matches(_LATIN, plain, text)
    if not text.isascii():
        yield from _matches(_OTHER, text, text)
    for matcher, tier in own:
        for start, end, index in matcher.find(text):
            yield _Hit(start, end, matcher.patterns[index].text, tier)
    for table in _DISGUISES:
        if (undisguised := plain.translate(table)) != plain:
            # Not misspelt besides: `flag`, with `l` for `i`, is nobody's slip of the finger.
            for hit in _matches(_LATIN, undisguised, text, _PLAIN_PATTERNS):
                if _is_word(text[hit.start : hit.end]):
                    yield hit
    yield from _masked(plain)


def _matches(matcher: Matcher, text: str, bounds: str, first: int | None = None) -> Iterator[_Hit]:
    """Yield the hits of a matcher, with `first` only those of its first so many patterns."""
    patterns = matcher.patterns
    for start, end, index in matcher.find(text, bounds=bounds):
        if first is None or index < first:
            yield _Hit(start, end, patterns[index].text, _TIER_OF[patterns[index]])


def _is_word(written: str) -> bool:
    """Whether this was written as a word: `sh17` or `51u7`, not the house number `455` or the road `a55`."""
    digits = sum(char.isdigit() for char in written)
    return (2 if len(written) < MOVED_MIN else 4 / 3) * digits <= len(written) and any(map(str.isalpha, written))


def _masked(text: str) -> Iterator[_Hit]:
    """Yield words with stars in them, like `f*ck`, `sh#t` or `f***`."""
    masked = text.translate(_MASKS)
    if "*" not in masked:
        return
    for token in islice(_MASKED.finditer(masked), PLACES_MAX):
        written = token.group()
        visible = [(at, char) for at, char in enumerate(written) if char != "*"]
        if len(written) > 4 and len(visible) < 2:
            continue
        for word in _BY_SHAPE[written[0], len(written)]:
            if all(word[at] == char for at, char in visible):
                yield _Hit(token.start(), token.end(), word, _MASKABLE[word])
                break


def _pattern(word: str) -> Pattern:
    """Return the pattern of a line of a word file, folded like the text in which it is looked for."""
    return Pattern.parse(fold(word).text)


def _listed(languages: Sequence[str]) -> dict[Pattern, str]:
    """Return every word of the package's list and of these languages, as a pattern -> its tier."""
    shipped_words = (
        (files("better_profanity") / "profanity_wordlist.txt").read_text(encoding="utf-8").lower().split("\n")
    )
    tiers = dict.fromkeys(filter(None, map(str.strip, shipped_words)), DEFAULT_TIER)
    for language in languages:
        tiers |= {word: tier for tier, words in sections(language).items() for word in words}
    return {_pattern(word): tier for word, tier in tiers.items()}


def _variants(listed: Mapping[Pattern, str]) -> dict[Pattern, str]:
    """Return what follows from the grave words: `fucker` where only `fuck` is listed, `fu ck`, `slutface`, `shti`."""
    known = {pattern.text for pattern in listed}
    found: dict[Pattern, str] = {}
    for (word, _, open_right), tier in listed.items():
        if tier not in DISGUISED or not (word.isascii() and word.isalpha()):
            continue
        if not open_right and tier != "slur":
            found |= {Pattern(word + ending): tier for ending in INFLECTIONS}
        if MOVED_MIN <= len(word) <= MOVED_MAX and not open_right:
            found |= {Pattern(word + ending): tier for ending in COMPOUNDS}
    for (word, _, open_right), tier in _ENGLISH.items():
        found |= {Pattern(f"{word[:at]} {word[at:]}", False, open_right): tier for at in range(2, len(word) - 1)}
    return {pattern: tier for pattern, tier in found.items() if pattern.text not in known}


def _useful(known: Mapping[Pattern, str]) -> dict[Pattern, str]:
    """Return the words without the innocent ones in which no other stands: they would only be found and let go."""
    grave = Matcher([pattern for pattern, tier in known.items() if tier != INNOCENT])
    return {p: tier for p, tier in known.items() if tier != INNOCENT or grave.anywhere(p.text)}


def _misspellings(known: Mapping[Pattern, str]) -> dict[Pattern, str]:
    """Return the grave English words with their letters in disorder, apart from what is a word of its own."""
    taken = {pattern.text for pattern in known}
    found = {other: tier for pattern, tier in _ENGLISH.items() for other in _misspelt(pattern)}
    return {pattern: tier for pattern, tier in found.items() if pattern.text not in taken}


def _misspelt(pattern: Pattern) -> Iterator[Pattern]:
    """Yield a word backwards, with two neighbours changed over, and with a vowel left out."""
    word, open_left, open_right = pattern
    if len(word) <= MOVED_MAX:
        yield Pattern(word[::-1], open_right, open_left)
        for at in range(len(word) - 1):
            yield Pattern(f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}", False, open_right)
    if DROPPED_MIN <= len(word) <= MOVED_MAX:
        vowels = [at for at in range(1, len(word)) if word[at] in "aeiou"]
        yield from (Pattern(word[:at] + word[at + 1 :], False, open_right) for at in vowels)


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


_LISTED = _listed(LANGUAGES)
_ENGLISH = {
    pattern: tier
    for pattern, tier in _listed(["en"]).items()
    if tier in DISGUISED and pattern.text.isalpha() and len(pattern.text) >= (MILD_MIN if tier == "mild" else MOVED_MIN)
}
_KNOWN = _variants(_LISTED) | _LISTED
_MISSPELLINGS = _misspellings(_KNOWN)
_KNOWN = _useful(_KNOWN)
_TIER_OF = _MISSPELLINGS | _KNOWN
_LATIN = Matcher([*(pattern for pattern in _KNOWN if pattern.text.isascii()), *_MISSPELLINGS])
_OTHER = Matcher([pattern for pattern in _KNOWN if not pattern.text.isascii()])
_PLAIN_PATTERNS = len(_LATIN.patterns) - len(_MISSPELLINGS)
_DISGUISES = _disguises(shipped.CHARS_MAPPING)
_MASKABLE = {
    pattern.text: tier
    for pattern, tier in _LISTED.items()
    if tier in DISGUISED and pattern.text.isascii() and pattern.text.isalpha() and len(pattern.text) >= MOVED_MIN
}
_BY_SHAPE = _by_shape(sorted(_MASKABLE, key=lambda word: DISGUISED.index(_MASKABLE[word])))
