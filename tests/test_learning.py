"""What a site's filter says of itself, and what keeps one person, or a damaged row, from turning it."""

from collections.abc import Mapping

import pytest

from service.lessons import BY_ONE_A_DAY, OF_ONE_AUTHOR, Teacher, prepare
from service.model import Draft, Label, Learned, Site
from service.policy import Policy
from service.store.database import Database, Row
from service.store.learned import LearnedCache, lesson_of
from tests.conftest import ORIGIN, Live, draft

SITE = Site("demo", (ORIGIN,), Policy(), 0)


def learning(live: Live) -> Mapping[str, float]:
    with live.moderator() as moderator:
        answer = moderator.get(f"{live.api}/learning")
    assert answer.status_code == 200
    return dict(answer.json())


def test_it_states_how_much_it_has_learned_and_how_often_it_agreed(live: Live) -> None:
    assert learning(live) == {"spam": 0, "ham": 0, "trust": 1.0, "recent": 0, "agreed": 0}
    live.set_policy(spam_at=1)
    wanted = live.post(body="The stretch with the ball helped my back. How long do you hold it?")
    unwanted = live.post(body="cheap viagra online casino http://pills.ru http://casino.ru")
    surprise = live.post(body="Thank you, my doctor said the same about walking every day.")
    live.approve(wanted)
    live.decide("spam", unwanted, surprise)
    now = learning(live)
    assert (now["spam"], now["ham"], now["recent"], now["agreed"]) == (2, 1, 3, 2)
    assert 0 < now["trust"] <= 1


def test_strangers_learn_nothing_of_it(live: Live) -> None:
    live.add_site("other")
    with live.client() as stranger, live.moderator(site="other") as foreign:
        assert stranger.get(f"{live.api}/learning").status_code == 401
        assert foreign.get(f"{live.api}/learning").status_code == 404


def size(content: bytes) -> int:
    return sum(abs(weight) for weight, _ in lesson_of(content).delta.values())


@pytest.mark.parametrize("whose", ["moderator", "author"])
def test_one_of_very_many_by_the_same_person_teaches_less(live: Live, whose: str) -> None:
    most = BY_ONE_A_DAY if whose == "moderator" else OF_ONE_AUTHOR
    count = 3 * most

    async def work(database: Database) -> list[int]:
        body = "lihat toko kami, harga murah sekali"
        those = [
            (str(n), 1, Draft("t", "Ana" if whose == "author" else f"Ana{n}", f"{body} kata{n}")) for n in range(count)
        ]
        prepared = await prepare(database, LearnedCache(), SITE, those, Label.SPAM, Teacher("mo", live.clock()))
        return [size(prepared[str(n)].content) for n in range(count)]

    sizes = live.with_database(work)
    own = sizes[most - 1] / sizes[-1]
    assert own > 2  # a third of the share, and a little less to learn besides


def damage(live: Live, sql: str, **parameters: object) -> None:
    async def work(database: Database) -> None:
        async with database.transaction() as tx:
            await tx.run(sql, **parameters)

    live.with_database(work)


def test_a_damaged_weight_leaves_the_base_alone_with_a_warning_and_a_count(live: Live) -> None:
    live.decide("spam", live.post(body="cheap viagra online casino"))
    damage(live, "update learned set weight = 9000000000000000 where feature in (select feature from learned limit 1)")

    async def known(database: Database) -> Mapping[int, Learned]:
        return await LearnedCache().of(database, "demo")

    assert live.with_database(known) == {}
    assert live.post(body="Another comment, judged all the same.")
    with live.client() as client:
        assert 'gatepost_damaged_total{what="learned"}' in client.get("/metrics").text


def test_a_damaged_lesson_holds_up_no_decision(live: Live) -> None:
    comment_id = live.post(body="cheap viagra online casino")
    live.decide("spam", comment_id)
    damage(live, "update lesson set content = :content", content=b"\xc1")
    assert live.decide("approve", comment_id)["decided"] == [comment_id]

    async def labels(database: Database) -> Row | None:
        return await database.one("select label from lesson where comment_id = :id", id=comment_id)

    row = live.with_database(labels)
    assert row and row["label"] == "ham"


def test_a_form_that_was_open_for_no_time_is_held_against_the_comment(live: Live) -> None:
    def verdict(**fields: object) -> list[str]:
        comment_id = live.post(**fields)
        with live.moderator() as moderator:
            queues = [moderator.get(f"{live.api}/queue", params={"status": each}) for each in ("pending", "spam")]
        items = [item for each in queues for item in each.json()["items"]]
        [found] = [item for item in items if item["id"] == comment_id]
        return [signal["detail"] for signal in found["verdict"]["signals"] if signal["check"] == "form"]

    with live.client() as client:
        opened = client.get(f"{live.api}/form", headers={"origin": ORIGIN})
        assert opened.headers["cache-control"] == "no-store"
        token = opened.json()["form_token"]
        assert client.get(f"{live.api}/form", headers={"origin": "https://evil.example"}).status_code == 403
    [haste] = verdict(form_token=token)
    assert "seconds after the form was opened" in haste
    live.clock.turn(60_000_000)
    assert verdict(form_token=token) == []
    assert verdict(form_token="forged") == []
    assert verdict(trap="filled in") == ["a field that people cannot see was filled in"]


def test_a_retry_with_an_older_form_is_the_same_comment(live: Live) -> None:
    with live.client() as client:
        wanted = draft(form_token=client.get(f"{live.api}/form").json()["form_token"])
        first = client.post(f"{live.api}/comments", json=wanted, headers={"idempotency-key": "once"})
        live.clock.turn(5_000_000)
        again = client.post(f"{live.api}/comments", json=wanted, headers={"idempotency-key": "once"})
    assert (again.status_code, again.json()) == (202, first.json())


def test_writers_are_warned_gently_only_where_a_site_wants_it(live: Live) -> None:
    with live.client() as client:
        wanted = {"body": "you fucking idiot, call +44 7700 900123"}
        assert "warnings" not in client.post(f"{live.api}/preview", json=wanted).json()
        live.set_policy(warn=True)
        assert client.get(f"{live.api}/form").json()["warn"] is True
        found = {
            one["check"]: one["words"] for one in client.post(f"{live.api}/preview", json=wanted).json()["warnings"]
        }
        assert found["profanity"][0] == "fucking"
        assert found["contact"] == ["+44 7700 900123"]
        assert client.post(f"{live.api}/preview", json={"body": "thank you"}).json()["warnings"] == []
