"""Letters of other scripts that look like a Latin one, so that a word written with them reads as it looks.

The table stands in `words/lookalikes.txt` (`a: аɑα…`). `python -m service.text.lookalikes` makes it again from
Unicode's list of confusables as packaged in confusable-homoglyphs: parsing that list (0.9 MB of JSON) at start would
cost 40 ms and several megabytes for the 2 % of it that is needed.
"""

import json
import string
import unicodedata
from importlib.resources import files
from pathlib import Path

# Small Cyrillic letters that Unicode calls confusable with small capitals only, and that spammers use as Latin ones.
SMALL_CAPITALS = {"b": "в", "h": "н", "k": "к", "m": "м", "t": "т"}
TABLE = Path(__file__).parent / "words" / "lookalikes.txt"


def load() -> dict[str, str]:
    """Return the table: look-alike -> the Latin letter it looks like."""
    table = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            letter, _, others = line.partition(": ")
            table.update(dict.fromkeys(others, letter))
    return table


def derive() -> dict[str, str]:
    """Return Latin letter -> its look-alikes, sorted, from the installed list of confusables."""
    listed = json.loads((files("confusable_homoglyphs") / "confusables.json").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {letter: [] for letter in string.ascii_lowercase}
    for letter, small in SMALL_CAPITALS.items():
        found[letter].append(small)
    for char, others in listed.items():
        if len(char) == 1 and char.isalpha() and not _bare(char).isascii():
            latin = next((bare for other in others if (bare := _bare(other["c"])) in found), None)
            if latin:
                found[latin].append(char)
    return {letter: "".join(sorted(chars)) for letter, chars in found.items()}


def _bare(text: str) -> str:
    """The text in lower case without its accents."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


if __name__ == "__main__":
    REMARK = "# Made by `python -m service.text.lookalikes` from confusable-homoglyphs (Unicode TR 39).\n"
    TABLE.write_text(REMARK + "".join(f"{k}: {v}\n" for k, v in derive().items()), encoding="utf-8")
