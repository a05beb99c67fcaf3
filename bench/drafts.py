"""What readers write, for the benchmark: 180 characters or so, no two sentences the same, four in ten with Markdown.

The words are common ones in no order: a text that repeats earlier sentences would be judged as a copy, and few readers
write one.
"""

import json
from collections.abc import Iterator
from itertools import count
from random import Random

_TEXT = (
    "the and that have for not with you this but his from they say her she will one all would there their what "
    "out about who get which when make can like time just him know take people into year your good some could "
    "them see other than then now look only come its over think also back after use two how our work first well "
    "way even new want because any these give day most us pain leg back nerve massage walk sleep chair doctor "
    "week month morning exercise stretch numb warm cold floor muscle hip knee cushion bicycle garden stairs "
    "article thank question answer reader agree better worse slowly gently careful daughter brother village "
    "hospital bath tennis ball wall bench shoe heel tried helped stopped started noticed learned heard read wrote "
    "carried lifted turned bent sat stood lay rested "
)
_WORDS = _TEXT.split()
_NAMES = ("Ada", "B. Okafor", "Marie-Claire", "jens", "Lucía Gómez", "A reader", "Tomasz K.", "Nurse in Leeds")
_ENDS = (".", ".", ".", "!", "?", ", I think.", "…")


def _sentence(choose: Random) -> str:
    words = choose.choices(_WORDS, k=choose.randint(6, 14))
    return f"{words[0].capitalize()} {' '.join(words[1:])}{choose.choice(_ENDS)}"


def _body(choose: Random, number: str) -> str:
    sentences = [_sentence(choose) for _ in range(choose.randint(2, 4))]
    sentences[-1] += f" {number}"
    kind = choose.randrange(10)
    if kind == 0:
        return "\n\n".join(sentences)
    if kind == 1:
        sentences[0] = f"**{sentences[0]}**"
    elif kind == 2:
        sentences.append(f"See https://www.{choose.choice(_WORDS)}.org/{choose.choice(_WORDS)} for more.")
    elif kind == 3:
        return f"> {sentences[0]}\n\n{' '.join(sentences[1:])} *{choose.choice(_WORDS)}*"
    return " ".join(sentences)


def drafts(thread: str, number: int, seed: int = 1) -> list[dict[str, str]]:
    """Return so many drafts; `@@@@@@@@` in each makes it a different text whenever it is sent."""
    choose = Random(seed)
    return [
        {"thread": thread, "author": choose.choice(_NAMES), "body": _body(choose, "@@@@@@@@")} for _ in range(number)
    ]


def bodies(thread: str = "/posted/", seed: int = 1) -> list[bytes]:
    """Return what is posted, as JSON."""
    return [json.dumps(draft).encode() for draft in drafts(thread, 500, seed)]


def texts(seed: int = 1) -> Iterator[str]:
    """Yield texts for a database that is filled, without end; no two are the same."""
    choose = Random(seed)
    return (_body(choose, str(number)) for number in count(1))
