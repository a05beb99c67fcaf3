"""Tells in which language a text is written, from its alphabet or from the small words that no sentence does without.

It says nothing where it is not sure: of a few words, of a mixture, of a language that it does not know.
"""

import re
from collections import Counter
from itertools import islice

from service.text.wordlists import sections

WORDS_MAX = 200
WORDS_MIN = 6
LETTERS_MIN = 12
# This share of the words must be small words of the language, and twice as many as of the next one.
SMALL_MIN = 0.2
LEAD = 2.0
_WORD = re.compile(r"[^\W\d_]+")
_ALPHABETS = {
    "Cyrillic": (re.compile(r"[\u0400-\u04ff]"), {"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg"}),
    "Greek": (re.compile(r"[\u0370-\u03ff]"), {"el"}),
    "Hebrew": (re.compile(r"[\u0590-\u05ff]"), {"he", "yi"}),
    "Arabic": (re.compile(r"[\u0600-\u06ff]"), {"ar", "fa", "ur", "ps", "ckb"}),
    "Devanagari": (re.compile(r"[\u0900-\u097f]"), {"hi", "mr", "ne"}),
    "Thai": (re.compile(r"[\u0e00-\u0e7f]"), {"th"}),
    "Japanese": (re.compile(r"[\u3040-\u30ff]"), {"ja"}),
    "Korean": (re.compile(r"[\uac00-\ud7af]"), {"ko"}),
    "Chinese": (re.compile(r"[\u4e00-\u9fff]"), {"zh", "ja", "yue"}),
}
_SMALL = {
    word: frozenset(code for code, words in sections("small_words").items() if word in words)
    for words in sections("small_words").values()
    for word in words
}


def unlike(text: str, languages: tuple[str, ...]) -> str | None:
    """Return what a text is written in ("Cyrillic letters", "Polish") if surely none of these languages, or None."""
    if not languages:
        return None
    letters = sum(map(str.isalpha, text))
    if letters < LETTERS_MIN:
        return None
    if not text.isascii():
        for alphabet, (pattern, written_in) in _ALPHABETS.items():
            if 2 * len(pattern.findall(text)) > letters:
                return None if written_in.intersection(languages) else f"{alphabet} letters"
    words = [match.group().lower() for match in islice(_WORD.finditer(text), WORDS_MAX)]
    counts = Counter(code for word in words for code in _SMALL.get(word, ()))
    if len(words) < WORDS_MIN or not counts:
        return None
    (first, most), *others = counts.most_common(2)
    second = others[0][1] if others else 0
    if most < SMALL_MIN * len(words) or most < LEAD * second or first in languages:
        return None
    return NAMES[first]


NAMES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "pl": "Polish",
    "tr": "Turkish",
    "id": "Indonesian",
    "sv": "Swedish",
    "vi": "Vietnamese",
}
