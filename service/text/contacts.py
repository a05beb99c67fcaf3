"""Finds invitations to talk elsewhere: telephone numbers, messengers with a number or a handle, e-mail addresses."""

import re
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple

from service.model import Span

PLACES_MAX = 50
# How far from a messenger's name its number or handle may stand, in characters.
NEAR = 40

# Digits in groups, at least nine of them: fewer are a year, a price or a version.
_PHONE = re.compile(r"(?<![\w.,/-])(?:\+|00|\()?\d(?:[ ().\-]{0,2}\d){8,14}(?![\w/-])")
_EMAIL = re.compile(r"@(?<=[\w.+-]@)[\w-]{1,63}(?:\.[\w-]{1,63}){1,3}")
_EMAIL_NAME = re.compile(r"[\w.+-]{1,64}\Z")
_MESSENGER = re.compile(
    r"\b(?:whats\s?app|watsapp|whatsap|telegram|viber|we\s?chat|skype|snapchat|kik|icq|"
    r"ватсап|вотсап|вацап|телеграм|вайбер)\w{0,3}\b",
    re.IGNORECASE,
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
    found = [Contact("messenger", match.span()) for match in islice(_MESSENGER_LINK.finditer(text), PLACES_MAX)]
    for match in islice(_MESSENGER.finditer(text), PLACES_MAX):
        if handle := _HANDLE.search(text, max(0, match.start() - NEAR), match.end() + NEAR):
            span = min(match.start(), handle.start()), max(match.end(), handle.end())
            found.append(Contact("messenger", span))
    found += [Contact("phone", match.span()) for match in islice(_PHONE.finditer(text), PLACES_MAX)]
    for match in islice(_EMAIL.finditer(text), PLACES_MAX):
        before = text[max(0, match.start() - 64) : match.start()]
        name = _EMAIL_NAME.search(before)
        found.append(Contact("email", (match.start() - len(name.group() if name else ""), match.end())))
    return tuple(sorted(found, key=lambda contact: contact.span))
