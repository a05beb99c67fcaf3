"""What Gatepost is measured beside: the least that Python can do to answer with the same bytes and headers.

`python -m bench.limits raw|starlette PORT FILE`: an ASGI function with nothing around it, or a bare Starlette
application, on the same server as Gatepost. FILE holds the answers: JSON, a list of {"method", "path", "status",
"headers", "body"}.
"""

import base64
import json
import sys
from pathlib import Path
from typing import NamedTuple

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


class Answer(NamedTuple):
    """One fixed answer."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: bytes


def raw(answers: list[Answer]) -> ASGIApp:
    """Return an ASGI function that answers, and does nothing else."""
    messages = {
        answer.path: (
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [(name.encode(), value.encode()) for name, value in answer.headers.items()],
            },
            {"type": "http.response.body", "body": answer.body},
        )
        for answer in answers
    }

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        start, body = messages[scope["path"]]
        if scope["method"] == "POST":
            await receive()
        await send(start)
        await send(body)

    return application


def starlette(answers: list[Answer]) -> ASGIApp:
    """Return a Starlette application with a route for each answer."""
    routes = []
    for number, answer in enumerate(answers):

        async def handler(request: Request, answer: Answer = answer) -> Response:
            await request.body()
            return Response(answer.body, answer.status, answer.headers)

        routes.append(Route(answer.path, handler, methods=[answer.method], name=str(number)))
    return Starlette(routes=routes)


def read(file: Path) -> list[Answer]:
    """Return the answers of a file."""
    return [Answer(**row | {"body": base64.b64decode(row["body"])}) for row in json.loads(file.read_text())]


if __name__ == "__main__":
    make = {"raw": raw, "starlette": starlette}[sys.argv[1]]
    uvicorn.run(
        make(read(Path(sys.argv[3]))),
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
    )
