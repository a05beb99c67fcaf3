"""Turns everything that goes wrong into one kind of answer, RFC 9457; only here is known which status is which."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import HTTPExceptionHandler

from service import errors
from service.web.language import of_browser
from service.web.middleware import is_admin, is_embedded, log
from service.web.service import of


class Problem(Struct, frozen=True):
    """One kind of problem: its status, its short name, its title, and what it means for a caller."""

    status: int
    name: str
    title: str
    meaning: str


PROBLEMS: Mapping[type[errors.GatepostError], Problem] = {
    errors.Malformed: Problem(
        400,
        "malformed",
        "The request cannot be read",
        "The JSON or the address is broken. Mend it and send it again.",
    ),
    errors.Unauthorized: Problem(
        401,
        "unauthorized",
        "Not signed in",
        "Send a valid token as Authorization: Bearer TOKEN, or sign in.",
    ),
    errors.OriginRefused: Problem(
        403,
        "origin-refused",
        "This page may not post here",
        "The page's origin is not one of the site's. Its owner can add it: gatepost site set NAME origins=URL,URL",
    ),
    errors.ThreadClosed: Problem(
        403,
        "thread-closed",
        "Comments are closed",
        "Nobody can write here any more; reading goes on.",
    ),
    errors.Forbidden: Problem(
        403,
        "forbidden",
        "Not allowed",
        "You are known, but this is not yours to do.",
    ),
    errors.NotFound: Problem(
        404,
        "not-found",
        "Not found",
        "There is no such thing, or it is not yours to see.",
    ),
    errors.Conflict: Problem(
        409,
        "conflict",
        "Not possible now",
        "Something else happened first. Look again, then decide.",
    ),
    errors.TooLarge: Problem(
        413,
        "too-large",
        "The request is too large",
        "Send less.",
    ),
    errors.UnsupportedMedia: Problem(
        415,
        "unsupported-media",
        "The request has the wrong form",
        "Send plain JSON with Content-Type: application/json.",
    ),
    errors.Invalid: Problem(
        422,
        "invalid",
        "Some fields are wrong",
        "Each wrong field is named in errors, with what to do about it.",
    ),
    errors.TooFast: Problem(
        429,
        "too-fast",
        "Too many requests",
        "Wait as long as Retry-After says, then go on.",
    ),
    errors.Unavailable: Problem(
        503,
        "unavailable",
        "Not available just now",
        "Nothing was stored. Wait as long as Retry-After says and send it again, with the same Idempotency-Key.",
    ),
}

FAULT = Problem(
    500, "fault", "Something broke", "It is our fault, not yours. The log has the details under the request's id."
)


def answer(
    request: Request, problem: Problem, detail: str, extra: Mapping[str, Any] = {}, headers: Mapping[str, str] = {}
) -> Response:
    """Return a problem as an answer: a page for moderators and readers where they look at pages, JSON elsewhere."""
    if is_admin(request.scope):
        page = of(request).templates.get_template("problem_page.html").render(problem=problem, detail=detail)
        return HTMLResponse(page, problem.status, headers=headers)
    if is_embedded(request.scope):
        words = of_browser(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        key = (
            "page-not-found"
            if problem.status in (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
            else "page-problem"
        )
        drawn = of(request).templates.get_template("embed_problem.html").render(words=words, key=key)
        kept = {"Cache-Control": "no-store", "Content-Language": words.language}
        return HTMLResponse(drawn, problem.status, headers=kept | dict(headers))
    content = {
        "type": f"{of(request).settings.public_url}/problems/{problem.name}" if problem.name else "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "instance": request.scope.get("gatepost.request_id", ""),
        **extra,
    }
    return Response(
        msgspec.json.encode(content),
        problem.status,
        headers={"Cache-Control": "no-store", **headers},
        media_type="application/problem+json",
    )


def problem_of(error: errors.GatepostError) -> Problem:
    """Return the kind of problem that an error of ours is."""
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def headers_of(error: errors.GatepostError) -> dict[str, str]:
    """Return what the headers of an answer say of an error."""
    match error:
        case errors.TooFast() | errors.Unavailable():
            return {"Retry-After": str(error.retry_after)}
        case errors.Unauthorized():
            return {"WWW-Authenticate": "Bearer"}
    return {}


async def on_error(request: Request, raised: Exception) -> Response:
    """Answer one of our own errors."""
    error = cast(errors.GatepostError, raised)
    extra: dict[str, Any] = {}
    if isinstance(error, errors.Invalid):
        extra["errors"] = [{"field": wrong.field, "detail": wrong.detail} for wrong in error.errors]
    detail = error.detail
    if isinstance(error, errors.NotReady):
        log.warning("not ready", cause=str(error.__cause__ or detail))
    elif isinstance(error, errors.Unavailable):
        # The words of a driver may name hosts and files.
        log.warning("unavailable", cause=detail)
        detail = "the database cannot be used just now"
    return answer(request, problem_of(error), detail, extra, headers_of(error))


async def on_disconnect(request: Request, _error: Exception) -> Response:
    """Nobody is left to read this answer; it is written for the log, and it is no mistake of ours."""
    return answer(request, PROBLEMS[errors.Malformed], "the request broke off before its end")


async def on_http_error(request: Request, raised: Exception) -> Response:
    """Answer what Starlette itself refuses: an unknown path, a method that a path does not have."""
    error = cast(HTTPException, raised)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return answer(request, PROBLEMS[errors.NotFound], "there is nothing at this address")
    status = HTTPStatus(error.status_code)
    detail = (
        f"this address does not answer {request.method}" if status == HTTPStatus.METHOD_NOT_ALLOWED else status.phrase
    )
    return answer(request, Problem(status.value, "", status.phrase, ""), detail, headers=error.headers or {})


async def on_fault(request: Request, _error: Exception) -> Response:
    """Answer a mistake of ours, telling nothing of it."""
    return answer(
        request, FAULT, "the service made a mistake; nothing is known to be lost, and sending it again is safe"
    )


HANDLERS: Mapping[Any, HTTPExceptionHandler] = {
    errors.GatepostError: on_error,
    HTTPException: on_http_error,
    ClientDisconnect: on_disconnect,
    Exception: on_fault,
}
