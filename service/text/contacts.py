"""Finds invitations to talk elsewhere: telephone numbers, messengers with a number or a handle, e-mail addresses."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple

from service.model import Span
from service.text.matcher import Matcher, Pattern

PLACES_MAX = 50
# How far from a messenger's name its number or handle may stand, in characters.
NEAR = 40

# Digits in groups, at least nine of them: fewer are a year, a price or a version. What stands before is looked at
# afterwards, so that the search leaps from digit to digit.
_PHONE = re.compile(r"\d(?:[ ().\-]{0,2}\d){8,14}(?![\w/-])")
_NO_PHONE_AFTER = re.compile(r"[\w.,/-]")
_EMAIL = re.compile(r"@(?<=[\w.+-]@)[\w-]{1,63}(?:\.[\w-]{1,63}){1,3}")
_EMAIL_NAME = re.compile(r"[\w.+-]{1,64}\Z")
_MESSENGER = re.compile(
    r"\b(?:whats\s?app|watsapp|whatsap|telegram|viber|we\s?chat|skype|snapchat|kik|icq|"
    r"ватсап|вотсап|вацап|телеграм|вайбер)\w{0,3}\b",
    re.IGNORECASE,
)
# As one automaton it costs a twentieth of the expression, and hardly any comment names one.
_NAMES = Matcher(
    [
        Pattern(name, open_left=True, open_right=True)
        for name in (
            "whats",
            "watsapp",
            "telegram",
            "viber",
            "chat",
            "skype",
            "kik",
            "icq",
            "сап",
            "телеграм",
            "вайбер",
        )
    ]
)
_MESSENGER_LINK = re.compile(
    r"\b(?:wa\.me|t\.me|api\.whatsapp\.com|chat\.whatsapp\.com|telegram\.me)/[\w+?=@-]+", re.IGNORECASE
)
_HANDLE = re.compile(r"(?<!\w)@\w{3,32}|\+?\d(?:[ ().\-]{0,2}\d){8,14}")

Kind = Literal["phone", "messenger", "email"]


class Contact(NamedTuple):
    """One way to reach somebody, and where it stands."""

    kind: Kind
    span: Span


@lru_cache(maxsize=4)  # A check and the learning filter ask for the same text.
def find(text: str) -> tuple[Contact, ...]:
    """Return the contacts of a text in order, at most PLACES_MAX of each kind."""
    linked = _MESSENGER_LINK.finditer(text) if ".me/" in text or ".com/" in text else ()
    found = [Contact("messenger", match.span()) for match in islice(linked, PLACES_MAX)]
    named = _MESSENGER.finditer(text) if _NAMES.anywhere(text.lower()) else ()
    for match in islice(named, PLACES_MAX):
        if handle := _HANDLE.search(text, max(0, match.start() - NEAR), match.end() + NEAR):
            span = min(match.start(), handle.start()), max(match.end(), handle.end())
            found.append(Contact("messenger", span))
    found += [Contact("phone", span) for span in islice(_phones(text), PLACES_MAX)]
    for match in islice(_EMAIL.finditer(text), PLACES_MAX):
        before = text[max(0, match.start() - 64) : match.start()]
        name = _EMAIL_NAME.search(before)
        found.append(Contact("email", (match.start() - len(name.group() if name else ""), match.end())))
    return tuple(sorted(found, key=lambda contact: contact.span))


def _phones(text: str) -> Iterator[Span]:
    for match in _PHONE.finditer(text):
        start, end = match.span()
        if text[start - 1 : start] in ("+", "(") and start:
            start -= 1
        if not _NO_PHONE_AFTER.match(text[start - 1 : start] if start else ""):
            yield start, end
