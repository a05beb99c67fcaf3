"""The Akismet protocol, so that any client that speaks it can ask Gatepost instead: a changed address is all it needs.

The key is an API token of the site. Nothing is stored of a check; what is submitted as spam or ham teaches the filter.
Fields and answers follow Akismet's public documentation of its API 1.1.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from service.errors import Malformed, UnsupportedMedia
from service.judge import judge
from service.keys import hash_secret
from service.lessons import Teacher, teach_from_outside
from service.model import Draft, Label, Outcome, Site
from service.store import sites, tokens
from service.web import forms
from service.web.pages import FORM_FIELDS_MAX
from service.web.service import of

# From here on a comment is more likely spam than not, which is what a caller without a queue of its own asks.
SPAM_FROM = 0.5
# What a client may throw away without looking.
DISCARD_FROM = 0.98
BODY_MAX = 50_000
FIELD_MAX = 2_048
_THANKS = "Thanks for making the web a better place."
# Akismet promises that these are always spam, so that clients can be tried.
_ALWAYS_SPAM = {"viagra-test-123", "akismet-guaranteed-spam", "akismet-guaranteed-spam@example.com"}
_ALWAYS_HAM = {"administrator"}

Fields = Mapping[str, str]


class _Refused(Exception):
    """The request cannot be answered; the text goes into X-akismet-debug-help."""


async def verify_key(request: Request) -> Response:
    """POST: tell whether a key is good."""
    fields = await _read(request)
    try:
        await _site(request, fields, fields.get("key") or fields.get("api_key"))
    except _Refused as refused:
        return _answer("invalid", debug=str(refused))
    return _answer("valid")


async def comment_check(request: Request) -> Response:
    """POST: tell whether a comment is spam; nothing is stored."""
    fields = await _read(request)
    try:
        site, _ = await _site(request, fields, fields.get("api_key"))
        _require(fields, "user_ip")
    except _Refused as refused:
        return _answer("invalid", debug=str(refused))
    if fields.get("user_role") in _ALWAYS_HAM:
        return _answer("false")
    if {fields.get("comment_author"), fields.get("comment_author_email")} & _ALWAYS_SPAM or _fell_for_honeypot(fields):
        return _answer("true")
    service = of(request)
    verdict = (await judge(service.memory, site, _draft(fields))).verdict
    if verdict.spam_probability < SPAM_FROM:
        return _answer("false")
    blatant = verdict.outcome is Outcome.SPAM and verdict.spam_probability >= DISCARD_FROM
    return _answer("true", tip="discard" if blatant else None)


async def submit_spam(request: Request) -> Response:
    """POST: teach that a comment is spam."""
    return await _submit(request, Label.SPAM)


async def submit_ham(request: Request) -> Response:
    """POST: teach that a comment is wanted."""
    return await _submit(request, Label.HAM)


async def _submit(request: Request, label: Label) -> Response:
    fields = await _read(request)
    service = of(request)
    try:
        site, name = await _site(request, fields, fields.get("api_key"), to_teach=True)
        _require(fields, "user_ip")
    except _Refused as refused:
        return _answer("invalid", debug=str(refused))
    if fields.get("is_test", "") not in ("1", "true", "True"):
        teacher = Teacher(name, service.clock())
        await teach_from_outside(service.database, service.memory.learned, site, _draft(fields), label, teacher)
    return _answer(_THANKS)


async def _site(request: Request, fields: Fields, key: str | None, to_teach: bool = False) -> tuple[Site, str]:
    """Return the site of a key, and the key's name."""
    database = of(request).database
    if not key:
        raise _Refused('Empty "api_key" value')
    _require(fields, "blog")
    token = await tokens.by_secret(database, hash_secret(key))
    if token is None:
        raise _Refused("this key is not valid; it may have been revoked")
    if to_teach and token.role == "reader":
        raise _Refused("this key may look and not teach; make one with --role moderator")
    return await sites.get(database, token.site), token.name


def _require(fields: Fields, name: str) -> None:
    if not fields.get(name):
        raise _Refused(f'Empty "{name}" value')


def _fell_for_honeypot(fields: Fields) -> bool:
    """Tell whether a field that people cannot see was filled in."""
    name = fields.get("honeypot_field_name")
    return bool(name and fields.get(name))


def _draft(fields: Fields) -> Draft:
    """Return what is to be judged; what is too long is cut, since another service has taken the comment already."""
    read = {name: fields.get(name, "")[:FIELD_MAX] for name in _NAMES}
    return Draft(
        thread=read["permalink"],
        author=read["comment_author"],
        body=fields.get("comment_content", "")[:BODY_MAX],
        email=read["comment_author_email"] or None,
        website=read["comment_author_url"] or None,
        url=read["permalink"] or None,
        address=read["user_ip"],
        user_agent=read["user_agent"] or None,
    )


_NAMES = ("comment_author", "comment_author_email", "comment_author_url", "permalink", "user_ip", "user_agent")


async def _read(request: Request) -> Fields:
    """Return the form's fields; clients add whatever they know of their own request, so none is unknown."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise UnsupportedMedia("send a form, with the header Content-Type: application/x-www-form-urlencoded")
    content = await forms.read_body(request)
    try:
        text = content.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX, errors="replace")
    except ValueError as error:
        raise Malformed("the form cannot be read") from error
    # PostgreSQL cannot keep NUL, and no text needs it.
    return {name: value.replace("\0", "") for name, value in pairs}


def _answer(text: str, tip: str | None = None, debug: str | None = None) -> Response:
    headers = {"Cache-Control": "no-store"}
    if tip:
        headers["X-akismet-pro-tip"] = tip
    if debug:
        headers["X-akismet-debug-help"] = debug
    return Response(text, headers=headers, media_type="text/plain")
