"""A text as eight numbers, by which almost the same text is found again: another name in it, one sentence more.

The eight smallest hashes of all its runs of three words (a bottom-k sketch, Broder 1997): two texts share about as
many of the eight as they share of their runs.
"""

import re
from functools import lru_cache
from zlib import crc32

from service.text.fold import fold

SIZE = 8
# A shorter text has so few runs that "thank you for this" would be a copy of "thank you for that".
WORDS_MIN = SIZE + 2
WORDS_MAX = 1_000
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=128)  # Asked for to find copies, and again once the comment is kept; others come in between.
def sketch(text: str) -> tuple[int, ...]:
    """Return the eight smallest hashes of the runs of three words, in order; nothing for a short text."""
    words = _WORD.findall(fold(text).text)[:WORDS_MAX]
    runs = set(map(crc32, _runs_of_three(words)))
    return tuple(sorted(runs)[:SIZE]) if len(words) >= WORDS_MIN and len(runs) >= SIZE else ()


def _runs_of_three(words: list[str]) -> list[bytes]:
    # Joined and encoded all at once, which takes half the time.
    return "\n".join(map(" ".join, zip(words, words[1:], words[2:], strict=False))).encode().split(b"\n")
