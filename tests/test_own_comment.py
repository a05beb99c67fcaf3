"""What an author may know of their own comment, and what a writer has to bring where a site wants it."""

from typing import Any

import httpx2
import pytest

from service.clock import MINUTE
from tests.conftest import ORIGIN, Live, draft


def posted(live: Live, **fields: Any) -> dict[str, Any]:
    with live.client() as client:
        return dict(client.post(f"{live.api}/comments", json=draft(**fields)).json())


def look(live: Live, receipt: dict[str, Any], **headers: str) -> httpx2.Response:
    with live.client(**{"authorization": f"Bearer {receipt['edit_token']}", **headers}) as client:
        return client.get(f"{live.api}/comments/{receipt['id']}")


def test_an_author_learns_what_has_become_of_a_comment(live: Live) -> None:
    receipt = posted(live, body="My **back** is better.")
    answer = look(live, receipt)
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.json() == {
        "id": receipt["id"],
        "status": "pending",
        "html": "<p>My <strong>back</strong> is better.</p>",
        "edit_until": receipt["edit_until"],
        "created_at": answer.json()["created_at"],
    }
    for action, status in [
        ("approve", "approved"),
        ("reject", "rejected"),
        ("delete", "deleted"),
        ("restore", "pending"),
    ]:
        live.decide(action, receipt["id"])
        assert look(live, receipt).json()["status"] == status


def test_spam_is_said_to_wait(live: Live) -> None:
    receipt = posted(live)
    live.decide("spam", receipt["id"])
    assert look(live, receipt).json()["status"] == "pending"


def test_an_author_may_look_after_the_edit_window(live: Live) -> None:
    receipt = posted(live)
    live.clock.turn(60 * MINUTE)
    assert look(live, receipt).status_code == 200


def test_a_comment_that_its_author_deleted_is_gone(live: Live) -> None:
    receipt = posted(live)
    with live.client(authorization=f"Bearer {receipt['edit_token']}") as client:
        client.delete(f"{live.api}/comments/{receipt['id']}")
    assert look(live, receipt).status_code == 404


def test_only_the_author_may_look(live: Live) -> None:
    receipt, other = posted(live), posted(live, body="somebody else's")
    live.add_site("other")
    for token in ("", "nonsense", other["edit_token"], live.token("moderator")):
        assert look(live, receipt, authorization=f"Bearer {token}".strip()).status_code == 401
    with live.client() as stranger:
        assert stranger.get(f"{live.api}/comments/{receipt['id']}").status_code == 401
    with live.client(authorization=f"Bearer {receipt['edit_token']}") as author:
        assert author.get(f"/api/v1/sites/other/comments/{receipt['id']}").status_code == 401


def test_the_sites_own_pages_may_look_and_others_may_not(live: Live) -> None:
    receipt = posted(live)
    assert look(live, receipt, origin=ORIGIN).headers["access-control-allow-origin"] == ORIGIN
    foreign = look(live, receipt, origin="https://evil.example")
    assert foreign.status_code == 403 and "access-control-allow-origin" not in foreign.headers


def test_a_form_says_what_the_site_wants_of_a_writer(live: Live) -> None:
    def form() -> dict[str, Any]:
        with live.client() as client:
            return {k: v for k, v in client.get(f"{live.api}/form").json().items() if k not in ("form_token", "warn")}

    assert form() == {"email": "optional", "website": "optional", "consent": None, "votes": True, "body_max": 5_000}
    live.set_policy(email="required", website="off", consent="I agree.", votes=False, body_max=100)
    assert form() == {"email": "required", "website": "off", "consent": "I agree.", "votes": False, "body_max": 100}


@pytest.mark.parametrize(("fields", "status"), [({}, 422), ({"consent": False}, 422), ({"consent": True}, 202)])
def test_a_writer_must_agree_where_the_site_wants_it(live: Live, fields: dict[str, bool], status: int) -> None:
    live.set_policy(consent="My comment may be kept and shown here.")
    with live.client() as client:
        answer = client.post(f"{live.api}/comments", json=draft(**fields))
        assert answer.status_code == status
        if status == 422:
            assert [error["field"] for error in answer.json()["errors"]] == ["consent"]
        else:
            bearer = {"authorization": f"Bearer {answer.json()['edit_token']}"}
            own = f"{live.api}/comments/{answer.json()['id']}"
            assert client.patch(own, json={"body": "Said once is enough."}, headers=bearer).status_code == 200


def test_consent_is_true_or_false(live: Live) -> None:
    with live.client() as client:
        answer = client.post(f"{live.api}/comments", json=draft(consent="yes"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "consent")


def test_a_site_without_websites_drops_them_and_refuses_nobody(live: Live) -> None:
    live.set_policy(website="off")
    live.approve(posted(live, website="https://someone.example")["id"])
    assert live.read()["comments"][0]["website"] is None
