"""What readers write, for the benchmark: 180 characters on average, no two the same, some with Markdown or a link."""

import json
from itertools import count
from random import Random

_OPENINGS = (
    "Thank you for this, it helped me more than anything else so far.",
    "I am not so sure about the second part.",
    "Has anybody tried this after an operation?",
    "After three weeks of **massage** my sciatica is nearly gone.",
    "My doctor told me the very opposite!",
    "This is the first page that explains *why* it hurts.",
    "I have had this for years, mostly in the morning.",
    "A good article, although the pictures are too small on my phone.",
)
_MIDDLES = (
    "The leg still feels numb when I get up too fast, but a short walk every day keeps it quiet.",
    "What worked for us was a warm bath, then ten minutes on the floor with both feet on a chair.",
    "In our village nobody offers the kind of therapy you describe, and the next town is an hour away.",
    "The study at https://pubmed.ncbi.nlm.nih.gov/30252425/ says that exercise does as much.",
    "My daughter is a nurse and she laughed when I showed her the exercise with the tennis ball.",
    "It began when I carried the washing machine up the stairs alone, which I would not do again.",
    "I tried it twice, the second time with a friend who watched my back, and it went much better.",
    "Sitting is the worst; since I bought a *high* desk I can work for four hours without a break.",
)
_ENDINGS = (
    "How often should one do it?",
    "Greetings from Lisbon.",
    "I will report back in a month.",
    "Please write more about the hip.",
    "Nothing else did.",
    "Perhaps that helps somebody here.",
    "- slow\n- careful\n- every day",
    "What do you think?",
)
_NAMES = ("Ada", "B. Okafor", "Marie-Claire", "jens", "Lucía Gómez", "A reader", "Tomasz K.", "Nurse in Leeds")


def drafts(thread: str, number: int, seed: int = 1) -> list[dict[str, str]]:
    """Return so many drafts; `@@@@@@@@` in each makes it a different text whenever it is sent."""
    choose = Random(seed)
    return [
        {
            "thread": thread,
            "author": choose.choice(_NAMES),
            "body": f"{choose.choice(_OPENINGS)} {choose.choice(_MIDDLES)} No. @@@@@@@@. {choose.choice(_ENDINGS)}",
        }
        for _ in range(number)
    ]


def bodies(seed: int = 1) -> "list[bytes]":
    """Return what is posted."""
    return [json.dumps(draft).encode() for draft in drafts("/posted/", 64, seed)]


def texts(seed: int = 1) -> list[str]:
    """Return texts without end for a database that is filled; no two are the same."""
    numbers = count(1)
    return [draft["body"].replace("@@@@@@@@", str(next(numbers))) for draft in drafts("", 64, seed)]
