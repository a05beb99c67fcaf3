"""What operators and their machines ask: alive, ready, how much; and the description of everything above."""

from functools import cache
from pathlib import Path

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service import __version__
from service.errors import BadSettings, NotFound, NotReady, Unavailable
from service.metrics import REGISTRY
from service.store.migrate import SCHEMA, missing
from service.store.rates import try_writing
from service.web.middleware import set_header
from service.web.problems import FAULT, PROBLEMS
from service.web.service import of

PAGE_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def livez(_request: Request) -> Response:
    """GET: the process answers."""
    return _json({"status": "ok", "version": __version__})


async def readyz(request: Request) -> Response:
    """GET: the database can be asked, has the right shape, and takes comments.

    That it takes some is believed until it has refused one; from then on it is tried each time, until it does again.
    """
    service = of(request)
    try:
        left = await missing(service.database)
    except BadSettings as error:
        raise NotReady(error.detail) from error
    if left:
        raise NotReady(f"the database has not been migrated: {', '.join(left)}")
    if service.database.failing:
        try:
            await try_writing(service.database, service.clock())
        except Unavailable as error:
            raise NotReady("comments can be read, but none can be stored just now; the log says why") from error
    return _json({"status": "ok", "version": __version__})


async def metrics(_request: Request) -> Response:
    """GET the numbers, in Prometheus' format."""
    return Response(
        generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
    )


@cache
def openapi_document() -> dict[str, object]:
    """Return the OpenAPI document as written in `schema/openapi.yaml`."""
    import yaml  # for those who ask

    document: dict[str, object] = yaml.safe_load(Path(SCHEMA, "openapi.yaml").read_text("utf-8"))
    return document


async def openapi(request: Request) -> Response:
    """GET the description of the whole HTTP interface."""
    set_header(request.scope, "Access-Control-Allow-Origin", "*")
    document = openapi_document() | {"servers": [{"url": of(request).settings.public_url}]}
    return Response(msgspec.json.encode(document), media_type="application/json")


async def docs(request: Request) -> Response:
    """GET the same description as a page for people."""
    service = of(request)
    set_header(request.scope, "Content-Security-Policy", PAGE_CSP)
    page = service.templates.get_template("docs.html")
    problems = [*PROBLEMS.values(), FAULT]
    return HTMLResponse(page.render(api=openapi_document(), problems=problems, public_url=service.settings.public_url))


async def problem(request: Request) -> Response:
    """GET what one kind of problem means."""
    name = request.path_params["name"]
    found = next((known for known in [*PROBLEMS.values(), FAULT] if known.name == name), None)
    if found is None:
        raise NotFound("there is no such problem")
    set_header(request.scope, "Content-Security-Policy", PAGE_CSP)
    return HTMLResponse(of(request).templates.get_template("problem.html").render(problem=found))


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), headers={"Cache-Control": "no-store"}, media_type="application/json")
