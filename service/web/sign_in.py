"""Signing in and out, and one's own account: the pages where a moderator's browser gets its session and loses it."""

from starlette.requests import Request
from starlette.responses import Response

from service import people
from service.errors import Invalid, Unauthorized
from service.people import PASSWORD_MAX, PASSWORD_MIN, SESSION_LASTS, NewSession
from service.store import people as kept
from service.web.access import address, check_own_page, cookie_name, session
from service.web.pages import HOME, Form, go, own_path, page, read_form, read_own_form, render, sign_in_page, signed_in
from service.web.service import of

_ACCOUNT = "/admin/account"


@page
async def link_page(request: Request) -> Response:
    """GET the page behind a sign-in link: one button, since mail programs open links to look at them."""
    return render(request, "sign_in_link.html")


@page
async def by_link(request: Request) -> Response:
    """POST: use a sign-in link up."""
    check_own_page(request)
    service = of(request)
    new = await people.sign_in_by_link(service.database, request.path_params["secret"], service.clock)
    return await _welcome(request, new, HOME)


@page
async def by_password(request: Request) -> Response:
    """POST an e-mail address and a password."""
    check_own_page(request)
    service = of(request)
    form = await read_form(request)
    await service.sign_ins.hit(address(request))
    email = form.get("email", "")
    try:
        new = await people.sign_in_by_password(service.database, email, form.get("password", ""), service.clock)
    except Unauthorized as error:
        return sign_in_page(request, error.detail, 401, email)
    return await _welcome(request, new, own_path(form.get("back")))


@page
async def sign_out(request: Request) -> Response:
    """POST: end this browser's session, or with `everywhere` all sessions of this person."""
    who, form = await read_own_form(request)
    async with of(request).database.transaction() as tx:
        if "everywhere" in form and who.caller.person_id:
            await kept.end_sessions(tx, who.caller.person_id)
        await kept.end_session(tx, who.secret_hash)
    answer = go(HOME)
    answer.delete_cookie(cookie_name(of(request)), secure=of(request).settings.secure, httponly=True, samesite="lax")
    return answer


@page
async def account(request: Request) -> Response:
    """GET one's own account: sites and roles, the password, and signing out everywhere."""
    return await _account_page(request, saved="saved" in request.query_params)


@page
async def change_password(request: Request) -> Response:
    """POST a new password; every other session of this person ends."""
    who, form = await read_own_form(request)
    problem = _differ(form)
    if problem is None:
        try:
            password = form.get("password", "")
            await people.change_password(of(request).database, who.caller.person_id or "", password, who.secret_hash)
        except Invalid as error:
            problem = error.errors[0].detail
    if problem is not None:
        return await _account_page(request, problem=f"The password {problem}.", status=422)
    return go(f"{_ACCOUNT}?saved")


def _differ(form: Form) -> str | None:
    return None if form.get("password") == form.get("again") else "is not the same in both fields"


async def _account_page(
    request: Request, saved: bool = False, problem: str | None = None, status: int = 200
) -> Response:
    who = await signed_in(request)
    limits = {"least": PASSWORD_MIN, "most": PASSWORD_MAX}
    return render(request, "account.html", status, me=who, saved=saved, problem=problem, **limits)


async def _welcome(request: Request, new: NewSession, path: str) -> Response:
    """Give the browser its new session; the one it had before is ended, so that none can be planted and kept."""
    service = of(request)
    before = await session(request)
    if before is not None:
        async with service.database.transaction() as tx:
            await kept.end_session(tx, before.secret_hash)
    answer = go(path)
    answer.set_cookie(
        cookie_name(service),
        new.secret,
        max_age=SESSION_LASTS // 1_000_000,
        path="/",
        secure=service.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return answer
