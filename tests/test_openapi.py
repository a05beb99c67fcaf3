"""The description of the HTTP interface: complete, valid, and true of what the service really answers."""

from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate
from starlette.routing import Route

from service.web.ops import openapi_document
from service.web.routes import AKISMET, MODERATION, OPERATIONS, PUBLIC
from tests.conftest import Live, draft

DOCUMENT: dict[str, Any] = openapi_document()


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_every_route_is_described_and_every_description_has_a_route() -> None:
    routes = {
        (route.path, method)
        for route in [*PUBLIC, *MODERATION, *AKISMET, *OPERATIONS]
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {
        (path, method.upper())
        for path, operations in DOCUMENT["paths"].items()
        for method in operations
        if method != "parameters"
    }
    assert routes == described


def is_as_described(answer: Any, path: str) -> None:
    operation = DOCUMENT["paths"][path][answer.request.method.lower()]
    response = operation["responses"][str(answer.status_code)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    kind = answer.headers.get("content-type", "").split(";")[0]
    if "content" not in response:
        assert answer.content == b""
        return
    assert kind in response["content"], (kind, answer.text)
    if kind.endswith("json"):
        schema = response["content"][kind]["schema"] | {"components": DOCUMENT["components"]}
        jsonschema.validate(answer.json(), schema, format_checker=jsonschema.FormatChecker())


SITE = "/api/v1/sites/{site}"


@pytest.mark.parametrize("good", [True, False])
def test_answers_are_as_described(live: Live, good: bool) -> None:
    comments, one = f"{SITE}/comments", f"{SITE}/comments/{{id}}"
    with live.client() as client, live.moderator() as moderator:
        posted = client.post(f"{live.api}/comments", json=draft() if good else {"author": 7})
        is_as_described(posted, comments)
        comment_id = posted.json()["id"] if good else "0" * 32
        key = {"authorization": f"Bearer {posted.json()['edit_token'] if good else 'x'}"}
        is_as_described(client.patch(f"{live.api}/comments/{comment_id}", json={"body": "new"}, headers=key), one)
        is_as_described(client.get(f"{live.api}/comments/{comment_id}", headers=key), one)
        live.approve()
        is_as_described(client.get(f"{live.api}/form"), f"{SITE}/form")
        voted = client.put(f"{live.api}/comments/{comment_id}/vote", json={"value": 1 if good else 7})
        is_as_described(voted, f"{one}/vote")
        reported = client.post(f"{live.api}/comments/{comment_id}/report", json={"reason": "rude" if good else 7})
        is_as_described(reported, f"{one}/report")
        is_as_described(client.get(f"{live.api}/comments", params={"thread": "/post"} if good else {}), comments)
        is_as_described(client.get(f"{live.api}/counts", params={"thread": "/post"} if good else {}), f"{SITE}/counts")
        is_as_described(client.post(f"{live.api}/preview", json={"body": "x"} if good else {}), f"{SITE}/preview")
        is_as_described(
            moderator.get(f"{live.api}/queue", params={"status": "approved" if good else "odd"}), f"{SITE}/queue"
        )
        decided = moderator.post(f"{live.api}/decisions", json={"ids": [comment_id], "action": "spam" if good else "?"})
        is_as_described(decided, f"{SITE}/decisions")
        batch = decided.json()["batch"] if good else "none"
        is_as_described(moderator.post(f"{live.api}/decisions/{batch}/undo"), f"{SITE}/decisions/{{batch}}/undo")
        is_as_described(moderator.post(f"{live.api}/check", json={"body": "x"} if good else {}), f"{SITE}/check")
        merged = moderator.post(
            f"{live.api}/threads/merge", json={"from": "/post", "into": "/new" if good else "/post"}
        )
        is_as_described(merged, f"{SITE}/threads/merge")
        is_as_described(client.delete(f"{live.api}/comments/{comment_id}", headers=key), one)
        for path in ("/livez", "/readyz", "/openapi.json", "/metrics", "/embed.js"):
            is_as_described(client.get(path), path)


def test_the_served_document_names_this_service(live: Live) -> None:
    with live.client() as client:
        assert client.get("/openapi.json").json()["servers"] == [{"url": live.url}]
