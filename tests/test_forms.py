"""Bad input: each wrong field is named, nothing is stored, and nothing is ever a 500."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Invalid
from service.web import forms
from tests.conftest import Live, draft

LIMITS = {"thread": 512, "author": 80, "title": 300}


def nothing_was_kept(live: Live) -> bool:
    with live.moderator() as moderator:
        pages = [
            moderator.get(f"{live.api}/queue", params={"status": s}).json() for s in ("pending", "spam", "approved")
        ]
    return all(page["total"] == 0 for page in pages)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"author": ""}, "author"),
    ({"author": "   "}, "author"),
    ({"author": None}, "author"),
    ({"author": 7}, "author"),
    ({"author": "x" * 81}, "author"),
    ({"author": "a\u0000b"}, "author"),
    ({"author": "\u202e\u200b"}, "author"),
    ({"body": ""}, "body"),
    ({"body": " \n\t "}, "body"),
    ({"body": ["a"]}, "body"),
    ({"body": "x" * 5_001}, "body"),
    ({"body": "x" * 10_001}, "body"),
    ({"body": "a\u0007b"}, "body"),
    ({"thread": ""}, "thread"),
    ({"thread": "x" * 513}, "thread"),
    ({"thread": "a\nb"}, "thread"),
    ({"email": "nobody"}, "email"),
    ({"email": "a@b"}, "email"),
    ({"email": "a@b.example\nBcc: c@d.example"}, "email"),
    ({"email": f"{'x' * 250}@b.example"}, "email"),
    ({"website": "javascript:alert(1)"}, "website"),
    ({"website": "ftp://files.example"}, "website"),
    ({"website": "https://"}, "website"),
    ({"website": "https://user:pass@evil.example"}, "website"),
    ({"website": 'https://a.example/" onmouseover=alert(1)'}, "website"),
    ({"website": f"https://a.example/{'x' * 2_048}"}, "website"),
    ({"website": "https://[::1"}, "website"),
    ({"website": "https://a.example:99999/"}, "website"),
    ({"url": "//evil.example"}, "url"),
    ({"title": "x" * 301}, "title"),
    ({"parent_id": "../../etc"}, "parent_id"),
    ({"notify": "yes"}, "notify"),
    ({"status": "approved"}, "status"),
    ({"id": "mine"}, "id"),
    ({"created_at": "2020-01-01T00:00:00Z"}, "created_at"),
    ({"is_admin": True}, "is_admin"),
]


def test_every_wrong_field_is_named_and_nothing_is_kept(live: Live) -> None:
    with live.client() as client:
        for fields, name in WRONG:
            answer = client.post(f"{live.api}/comments", json=draft(**fields))
            assert answer.status_code == 422, (fields, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert [error["field"] for error in answer.json()["errors"]] == [name], fields
            assert answer.json()["errors"][0]["detail"]
    assert nothing_was_kept(live)


def test_all_wrong_fields_are_named_at_once(live: Live) -> None:
    with live.client() as client:
        answer = client.post(f"{live.api}/comments", json={"author": "x" * 99, "email": "?", "surprise": 1})
    assert {error["field"] for error in answer.json()["errors"]} == {"author", "email", "surprise", "thread", "body"}


BROKEN: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"not json", 400),
    (b"[]", 400),
    (b'"text"', 400),
    (b"null", 400),
    (b'{"body": NaN}', 400),
    (b'{"body": "\\ud800"}', 400),
    (b'{"body": "\xff"}', 400),
    (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
    (b"[" * 30_000, 400),
    (b'{"thread": "/a", "author": "b", "body": "\\u0000"}', 422),
    (json.dumps({"body": "x" * 70_000}).encode(), 413),
]


def test_what_cannot_be_read_is_refused_and_nothing_is_kept(live: Live) -> None:
    with live.client(**{"content-type": "application/json"}) as client:
        for content, status in BROKEN:
            for path in ("comments", "preview"):
                answer = client.post(f"{live.api}/{path}", content=content)
                assert answer.status_code == status, (path, content[:40], answer.text)
                assert answer.headers["content-type"] == "application/problem+json"
    assert nothing_was_kept(live)


def test_a_large_body_without_a_length_is_refused_too(live: Live) -> None:
    with live.client(**{"content-type": "application/json"}) as client:
        answer = client.post(f"{live.api}/comments", content=iter([b"x" * 10_000] * 10))
    assert answer.status_code == 413


def test_only_plain_json_is_taken(live: Live) -> None:
    content = json.dumps(draft()).encode()
    with live.client() as client:
        for headers in (
            {"content-type": "text/plain"},
            {},
            {"content-type": "application/json", "content-encoding": "gzip"},
        ):
            assert client.post(f"{live.api}/comments", content=content, headers=headers).status_code == 415


@pytest.mark.parametrize("key", ["", "x" * 65, "a b"])
def test_an_idempotency_key_is_short_and_visible(live: Live, key: str) -> None:
    with live.client(**{"idempotency-key": key}) as client:
        answer = client.post(f"{live.api}/comments", json=draft())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_the_longest_of_everything_is_kept_whole(live: Live) -> None:
    live.set_policy(body_max=10_000)
    fields = draft(
        thread="t" * 512,
        author="n" * 80,
        body="b " * 4_999 + "b",
        email=f"{'e' * 241}@mail.example",
        website=f"https://w.example/{'w' * 2_030}",
        title="p" * 300,
        url=f"https://blog.example/{'u' * 2_027}",
    )
    comment_id = live.post(**fields)
    with live.moderator() as moderator:
        for status in ("pending", "spam"):
            for item in moderator.get(f"{live.api}/queue", params={"status": status}).json()["items"]:
                assert item["id"] == comment_id
                assert {name: item[name] for name in fields} == fields


def test_a_name_keeps_no_marks_that_only_deceive() -> None:
    read = forms.one_line(80)
    assert read("\u202eadmin\u202c") == "admin"
    assert read("  a   b ") == "a b"
    assert read("José \U0001f469\u200d\U0001f52c") == "José \U0001f469\u200d\U0001f52c"


def test_a_website_without_its_scheme_is_taken_as_https() -> None:
    assert forms.web_address(2_048)("example.org/about") == "https://example.org/about"


@given(
    st.dictionaries(
        st.sampled_from([*forms._DRAFT, "other"]),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()),
    )
)
def test_any_object_becomes_a_draft_or_a_list_of_named_mistakes(given_fields: dict[str, Any]) -> None:
    try:
        made = forms.draft(given_fields, None, None)
    except Invalid as invalid:
        assert {error.field for error in invalid.errors} <= {*forms._DRAFT, "other"}
    else:
        assert made.body.strip() and made.author.strip() and made.thread
        assert "\x00" not in msgspec.json.encode(made).decode()
