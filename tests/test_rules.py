"""Rules over HTTP and at a terminal: kept, replaced, obeyed at once, removed; and only by who may."""

from pathlib import Path

import pytest

from tests.conftest import Live
from tests.test_cli import Terminal, terminal  # noqa: F401  a fixture

RULE = {"effect": "block", "kind": "word", "value": "cheap pills"}


def status_of(live: Live, **fields: str) -> str:
    comment_id = live.post(**fields)
    with live.moderator() as moderator:
        for status in ("pending", "spam", "approved"):
            items = moderator.get(f"{live.api}/queue?status={status}").json()["items"]
            if any(item["id"] == comment_id for item in items):
                return status
    return "nowhere"


def test_a_rule_is_obeyed_from_the_next_comment_on_until_it_is_removed(live: Live) -> None:
    text = {"body": "I found cheap pills in my grandmother's cupboard and threw them away."}
    assert status_of(live, **text) == "pending"
    with live.moderator() as moderator:
        made = moderator.post(f"{live.api}/rules", json=RULE | {"reason": "a wave of them"})
        assert made.status_code == 201
        rule = made.json()
        assert (rule["effect"], rule["kind"], rule["value"], rule["reason"]) == (
            "block",
            "word",
            "cheap pills",
            "a wave of them",
        )
        assert status_of(live, **text) == "spam"
        assert moderator.get(f"{live.api}/rules").json() == {"rules": [rule], "lists": []}
        assert moderator.delete(f"{live.api}/rules/{rule['id']}").status_code == 204
        assert status_of(live, **text | {"author": "Somebody else"}) == "pending"
        assert moderator.delete(f"{live.api}/rules/{rule['id']}").status_code == 404


def test_a_rule_about_the_same_thing_is_replaced(live: Live) -> None:
    with live.moderator() as moderator:
        for effect in ("block", "allow"):
            moderator.post(f"{live.api}/rules", json=RULE | {"effect": effect})
        [rule] = moderator.get(f"{live.api}/rules").json()["rules"]
        assert rule["effect"] == "allow"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"effect": "ban"}, "effect"),
        ({"kind": "name"}, "kind"),
        ({"value": ""}, "value"),
        ({"kind": "ip", "value": "somewhere"}, "value"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_by_field(live: Live, change: dict[str, object], field: str) -> None:
    with live.moderator() as moderator:
        answer = moderator.post(f"{live.api}/rules", json=RULE | change)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_strangers_see_no_rules_and_readers_make_none(live: Live) -> None:
    live.add_site("other")
    with live.client() as stranger, live.moderator("reader") as reader, live.moderator(site="other") as foreign:
        assert stranger.get(f"{live.api}/rules").status_code == 401
        assert foreign.get(f"{live.api}/rules").status_code == 404
        assert foreign.post(f"{live.api}/rules", json=RULE).status_code == 404
        assert reader.get(f"{live.api}/rules").status_code == 200
        assert reader.post(f"{live.api}/rules", json=RULE).status_code == 403
        assert reader.delete(f"{live.api}/rules/{'0' * 32}").status_code == 403


def test_a_known_author_is_published_after_enough_approvals_and_not_after_spam(live: Live) -> None:
    live.set_policy(publish="known", known_after=2)
    who = {"author": "Ann", "email": "Ann@Example.org"}
    bodies = iter(f"The {part} stretch helped me more than the pills did." for part in ("a", "b", "c", "d", "e"))
    ids = [live.post(body=next(bodies), **who) for _ in range(2)]
    live.approve(*ids)
    assert status_of(live, body=next(bodies), **who) == "approved"
    assert status_of(live, body=next(bodies), author="Ann") == "pending"
    live.decide("spam", ids[0])
    assert status_of(live, body=next(bodies), **who) == "pending"


def test_rules_at_a_terminal(terminal: Terminal) -> None:  # noqa: F811
    terminal.do("site", "add", "blog", "--origin", "https://blog.example")
    said = terminal.do("rule", "add", "hold", "domain", "*.Pills.example", "--site", "blog", "--reason", "spam wave")
    assert "hold the domain pills.example" in said
    listing = Path(terminal.folder) / "splorp.txt"
    listing.write_text("# remark\ncheap viagra\npills.ru\n10.0.0.\n\nx\n", encoding="utf-8")
    said = terminal.do("rule", "import", str(listing), "--site", "blog", "--effect", "block")
    assert "3 terms, 2 lines left out" in said
    listed = terminal.do("rule", "list", "--site", "blog")
    assert "pills.example" in listed and "spam wave" in listed and "splorp, 3 terms" in listed
    judged = terminal.do("check", "--site", "blog", text='{"body": "get cheap viagra"}')
    assert '"outcome":"spam"' in judged and "the list “splorp” blocks" in judged
    for line in listed.splitlines():
        terminal.do("rule", "remove", line.split()[0], "--site", "blog")
    assert terminal.do("rule", "list", "--site", "blog") == ""


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (("rule", "add", "block", "ip", "x.y", "--site", "blog"), "VALUE"),
        (("rule", "add", "block", "word", "pills", "--site", "none"), "none"),
        (("rule", "remove", "nothing", "--site", "blog"), "no such rule"),
    ],
)
def test_a_mistake_at_a_terminal_is_named(terminal: Terminal, command: tuple[str, ...], named: str) -> None:  # noqa: F811
    terminal.do("site", "add", "blog", "--origin", "https://blog.example")
    done = terminal.run(*command)
    assert (done.returncode, named in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr
