"""What Gatepost is measured beside: the smallest Starlette application that answers with the same bytes and headers.

`python -m bench.bare PORT FILE`: FILE holds the answers as JSON, a list of {"path", "status", "headers", "body"}.
"""

import base64
import json
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def application(answers: list[dict[str, object]]) -> Starlette:
    """Return the application."""
    routes = []
    for number, answer in enumerate(answers):
        body = base64.b64decode(str(answer["body"]))
        status = int(str(answer["status"]))
        headers = dict(answer["headers"])  # type: ignore[call-overload]

        async def handler(
            _request: Request, body: bytes = body, status: int = status, headers: dict[str, str] = headers
        ) -> Response:
            return Response(body, status, headers)

        routes.append(Route(str(answer["path"]), handler, methods=[str(answer["method"])], name=str(number)))
    return Starlette(routes=routes)


if __name__ == "__main__":
    found = json.loads(Path(sys.argv[2]).read_text())
    uvicorn.run(
        application(found),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
