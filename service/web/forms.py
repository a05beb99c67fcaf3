"""Reads what people send: every field within its limit, every mistake named, before anything else happens."""

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request

from service.errors import FieldError, Invalid, Malformed, TooLarge, UnsupportedMedia
from service.model import (
    AUTHOR_MAX,
    EMAIL_MAX,
    IDEMPOTENCY_KEY_MAX,
    REQUEST_MAX_BYTES,
    THREAD_MAX,
    TITLE_MAX,
    URL_MAX,
    USER_AGENT_MAX,
    WEBSITE_MAX,
    Draft,
)
from service.policy import BODY_HARD_MAX

T = TypeVar("T")

# Unicode's category Cc; in prose without tabs and line ends.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_PROSE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_EMAIL = re.compile(r"[^@\s<>\"'(),;:\\]+@[^@\s<>\"'(),;:\\]+\.[^@\s<>\"'(),;:\\.]+")
_HOST = re.compile(r"(?=.{1,253}$)[^\s/?#@:%<>\"'\\]+(\.[^\s/?#@:%<>\"'\\]+)*")
_KEY = re.compile(rf"[\x21-\x7e]{{1,{IDEMPOTENCY_KEY_MAX}}}")
FORM_TOKEN_MAX = 200
TRAP_MAX = 100
# Marks that turn the reading direction, or take no room: in a name they only serve to deceive.
_INVISIBLE = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF])


class Wrong(ValueError):
    """A field's value cannot be used; the text says what to do."""


def one_line(limit: int) -> Callable[[Any], str]:
    """Return a reader of a line of text of 1 to `limit` characters."""
    return lambda value: _line(" ".join(_text(value).translate(_INVISIBLE).split()), limit)


def thread_key(value: Any) -> str:
    """Read a thread's key: any characters but control characters, kept as they are."""
    return _line(_text(value), THREAD_MAX)


def _line(text: str, limit: int) -> str:
    if not text:
        raise Wrong("is empty; write something here")
    if len(text) > limit:
        raise Wrong(f"is {len(text):,} characters long; at most {limit:,} fit")
    if _CONTROL.search(text):
        raise Wrong("holds a control character; take it out")
    return text


def body(value: Any) -> str:
    """Read a comment's text: line ends become `\\n`, white space around it goes."""
    text = _text(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise Wrong("is empty; write your comment")
    if len(text) > BODY_HARD_MAX:
        raise Wrong(f"is {len(text):,} characters long; at most {BODY_HARD_MAX:,} fit")
    if _CONTROL_IN_PROSE.search(text):
        raise Wrong("holds a control character; take it out")
    return text


def email(value: Any) -> str:
    """Read an e-mail address."""
    text = _text(value).strip()
    if len(text) > EMAIL_MAX:
        raise Wrong(f"is {len(text):,} characters long; at most {EMAIL_MAX} fit")
    if not _EMAIL.fullmatch(text):
        raise Wrong("is not an e-mail address; write it like name@example.org, or leave it empty")
    return text.lower()


def web_address(limit: int) -> Callable[[Any], str]:
    """Return a reader of an http or https address; `example.org` alone is taken as https."""

    def read(value: Any) -> str:
        text = _text(value).strip()
        if len(text) > limit:
            raise Wrong(f"is {len(text):,} characters long; at most {limit:,} fit")
        if "://" not in text and not text.lower().startswith(("javascript:", "data:", "vbscript:", "mailto:", "//")):
            text = f"https://{text}"
        if any(c.isspace() or unicodedata.category(c) in ("Cc", "Cf") or c in "<>\"'`\\" for c in text):
            raise Wrong("is not a web address; write it like https://example.org")
        try:
            parts = urlsplit(text)
            valid = parts.scheme in ("http", "https") and _host(parts.hostname) and "@" not in parts.netloc
            _ = parts.port
        except ValueError:
            valid = False
        if not valid:
            raise Wrong("is not a web address; write it like https://example.org")
        return text

    return read


def page_address(value: Any) -> str:
    """Read the address of a page as browsers give it; in a path they leave an apostrophe as it is."""
    return web_address(URL_MAX)(_text(value).replace("'", "%27"))


def _host(name: str | None) -> bool:
    if not name:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(_HOST.fullmatch(name))
    return True


def _language(value: Any) -> str | None:
    """Return the first part of a language tag (`de` of `de-AT`), or None."""
    code = value.partition("-")[0].lower() if isinstance(value, str) else ""
    return code if re.fullmatch("[a-z]{2,3}", code) else None


def identifier(value: Any) -> str:
    """Read an id that was given out."""
    text = _text(value)
    if not re.fullmatch(r"[0-9a-z]{1,64}", text):
        raise Wrong("is not an id that was given out")
    return text


def yes_no(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Wrong("must be true or false")
    return value


def optional(read: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """Let a field be absent, null or empty."""
    return lambda value: None if value is None or value == "" else read(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("must be text" if value is not None else "is missing")
    return value


def fields(given: Mapping[str, Any], readers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """Read every field; raise one Invalid that names each wrong, missing and unknown one."""
    errors = [FieldError(name, "there is no such field") for name in given if name not in readers]
    values = {}
    for name, read in readers.items():
        try:
            values[name] = read(given.get(name))
        except Wrong as wrong:
            errors.append(FieldError(name, str(wrong)))
    if errors:
        raise Invalid(*errors)
    return values


_DRAFT: Mapping[str, Callable[[Any], Any]] = {
    "thread": thread_key,
    "author": one_line(AUTHOR_MAX),
    "body": body,
    "email": optional(email),
    "website": optional(web_address(WEBSITE_MAX)),
    "parent_id": optional(identifier),
    "title": optional(one_line(TITLE_MAX)),
    "url": optional(page_address),
    "notify": lambda value: yes_no(value) if value is not None else False,
    "consent": lambda value: yes_no(value) if value is not None else False,
    # What follows the form itself adds; a mistake in it is not the writer's, so it is never refused.
    "language": lambda value: _language(value),
    "trap": lambda value: str(value)[:TRAP_MAX] if value else None,
    "form_token": lambda value: value if isinstance(value, str) and len(value) <= FORM_TOKEN_MAX else None,
}


def draft(
    given: Mapping[str, Any],
    address: str | None,
    user_agent: str | None,
    age_of: Callable[[str], float | None] = lambda _token: None,
) -> Draft:
    """Return a valid draft; `age_of` tells a form token's age in seconds. Raises Invalid naming every wrong field."""
    agent = (user_agent or "")[:USER_AGENT_MAX] or None
    by_page = given.get("thread") is None and bool(given.get("url"))
    read = fields(given, {**_DRAFT, "thread": lambda _: ""} if by_page else _DRAFT)
    token = read.pop("form_token")
    return Draft(**read, address=address, user_agent=agent, form_age=age_of(token) if token else None)


def idempotency_key(value: str | None) -> str | None:
    """Read the Idempotency-Key header. Raises Invalid."""
    if value is not None and not _KEY.fullmatch(value):
        raise Invalid(
            FieldError("Idempotency-Key", f"must be 1 to {IDEMPOTENCY_KEY_MAX} visible ASCII characters, like a UUID")
        )
    return value


async def read_body(request: Request, limit: int = REQUEST_MAX_BYTES) -> bytes:
    """Return the request's body. Raises TooLarge as soon as it is known to be, and UnsupportedMedia if it is packed."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMedia("the request body is compressed; send it as it is")
    too_large = TooLarge(f"the request is larger than {limit // 1024} KiB")
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > limit:
        raise too_large
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit:
            raise too_large
    return bytes(received)


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object that was sent. Raises Malformed, TooLarge and UnsupportedMedia."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise UnsupportedMedia("send JSON, with the header Content-Type: application/json")
    content = await read_body(request)
    try:
        value = msgspec.json.decode(content)
    except RecursionError as error:
        raise Malformed("the JSON is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"the JSON cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise Malformed('the JSON must be an object, like {"body": "…"}')
    return value


def number(request: Request, name: str, default: int, least: int, most: int) -> int:
    """Return a whole number from the query. Raises Invalid outside its range."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise Invalid(FieldError(name, f"must be a whole number from {least} to {most}"))
    return int(text)


def query(request: Request, known: set[str]) -> None:
    """Refuse query fields that do not exist, so that a typo is not silently ignored."""
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise Invalid(*(FieldError(name, "there is no such field") for name in dict.fromkeys(unknown)))
