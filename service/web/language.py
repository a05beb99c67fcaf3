"""Which language a page for readers speaks, and its words, read once: the widget's, and those of the pages alone."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec

_FOLDER = Path(__file__).parent / "words"
_PAGE = _FOLDER / "page"
# A page speaks the languages of which both are there.
LANGUAGES = {path.stem.lower(): path.stem for path in _PAGE.glob("*.json") if (_FOLDER / path.name).exists()}
FALLBACK = "en"

Catalogue = dict[str, str | dict[str, str]]
_decode = msgspec.json.Decoder(Catalogue).decode

_PLACE = re.compile(r"\{(\w+)\}")
# Between these two a name keeps its own reading direction and turns nothing around it.
_ISOLATED = "\u2068{}\u2069"


class Words:
    """The words of one language, its plurals, numbers and dates."""

    def __init__(self, language: str) -> None:
        # For those who ask: it would make the service start later, and larger.
        from babel import Locale

        self.language = language
        self._locale = Locale.parse(language, sep="-")
        self.direction: str = self._locale.text_direction
        self._texts = _catalogue(FALLBACK) | _catalogue(language)

    def say(self, key: str, **values: str | int) -> str:
        """Return the text of a key with its values filled in; where it has plural forms, `n` chooses."""
        text = self._texts[key]
        if not isinstance(text, str):
            text = text.get(self._locale.plural_form(int(values["n"])), text["other"])
        return _PLACE.sub(lambda place: self._shown(values[place[1]]), text)

    def date(self, at: int) -> str:
        """Return the day of a time."""
        from babel.dates import format_date

        return format_date(_moment(at), "long", self._locale)

    def time(self, at: int) -> str:
        """Return the day and the minute of a time, in UTC."""
        from babel.dates import format_datetime

        return f"{format_datetime(_moment(at), 'short', locale=self._locale)} UTC"

    def _shown(self, value: str | int) -> str:
        from babel.numbers import format_decimal

        return _ISOLATED.format(value) if isinstance(value, str) else format_decimal(value, locale=self._locale)


@cache
def words(language: str) -> Words:
    """Return the words of a language that there is a catalogue of."""
    return Words(language)


def chosen(asked: str | None, languages: Sequence[str], header: str) -> tuple[Words, bool]:
    """Return the words of the language that is asked for, else a site's first, else one that the browser accepts.

    Tells too whether the browser had no say in it.
    """
    settled = first_known([asked or "", *languages[:1]])
    return words(settled or first_known(accepted(header)) or FALLBACK), settled is not None


def of_browser(asked: str | None, header: str) -> Words:
    """Return the words of the language that is asked for, else one that the browser accepts."""
    return chosen(asked, (), header)[0]


def first_known(wanted: Iterable[str]) -> str | None:
    """Return the first of these languages that there is a catalogue of; `de-AT` is content with `de`."""
    for tag in wanted:
        name = tag.strip().lower().replace("_", "-")
        for known in (name, name.partition("-")[0]):
            if known in LANGUAGES:
                return LANGUAGES[known]
    return None


def accepted(header: str) -> Sequence[str]:
    """Return the languages of an Accept-Language header, the most wanted first."""
    wishes = []
    for part in header.split(",")[:50]:
        tag, _, weight = part.partition(";")
        wishes.append((_weight(weight), tag.strip()))
    return [tag for weight, tag in sorted(wishes, key=lambda wish: -wish[0]) if weight > 0]


def _weight(text: str) -> float:
    found = re.fullmatch(r"\s*q=([01](\.\d{0,3})?)\s*", text)
    return float(found[1]) if found else 1.0


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1_000_000, UTC)


@cache
def _catalogue(language: str) -> Catalogue:
    halves = [folder / f"{language}.json" for folder in (_FOLDER, _PAGE)]
    return {key: text for half in halves for key, text in _decode(half.read_bytes()).items()}
