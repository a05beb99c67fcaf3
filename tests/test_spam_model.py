"""The learning filter learns from decisions, unlearns exactly, explains itself, and refuses a damaged model."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import BadSettings
from service.model import Draft, Label, Learned
from service.spam.learn import STEP_MAX, teach
from service.spam.model import BASE_FILE, MILLION, Score, base, clues, read, score, trust_in
from service.spam.tokens import TRUST, features
from service.spam.train import train

CORPUS = Path(__file__).parent / "corpus" / "own.jsonl"
ROWS = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").split("\n") if line]
SPAM = Draft("t", "Ana", "lihat toko kami, harga murah sekali, hubungi nomor ini")
HAM = Draft("t", "Budi", "terima kasih, penjelasannya sangat membantu saya")


def judged(draft: Draft, learned: Mapping[int, Learned]) -> Score:
    return score(features(draft), learned, base())


def moved(learned: Mapping[int, Learned], lesson: Mapping[int, tuple[int, int]], sign: int) -> dict[int, Learned]:
    """Add or subtract a lesson, as the store does."""
    weights = Counter({feature: known.weight for feature, known in learned.items()})
    gradients = Counter({feature: known.gradient for feature, known in learned.items()})
    for feature, (weight, gradient) in lesson.items():
        weights[feature] += sign * weight
        gradients[feature] += sign * gradient
    return {at: Learned(weights[at], gradients[at]) for at in weights if weights[at] or gradients[at]}


def taught(lessons: list[tuple[Draft, Label]]) -> dict[int, Learned]:
    learned: dict[int, Learned] = {}
    for draft, label in lessons:
        learned = moved(learned, teach(learned, draft, label), +1)
    return learned


def test_a_few_decisions_teach_what_the_base_does_not_know() -> None:
    learned = taught([(SPAM, Label.SPAM), (HAM, Label.HAM)] * 10)
    assert judged(SPAM, learned).total > judged(SPAM, {}).total + 1
    assert judged(HAM, learned).total < judged(SPAM, learned).total - 2
    alike = Draft("t", "Citra", "toko murah, hubungi kami sekarang")
    assert judged(alike, learned).total > judged(alike, {}).total


def test_the_first_decision_is_a_small_step() -> None:
    lesson = teach({}, SPAM, Label.SPAM)
    assert max(abs(weight) for weight, _ in lesson.values()) <= STEP_MAX * MILLION
    change = judged(SPAM, moved({}, lesson, +1)).total - judged(SPAM, {}).total
    assert 0 < change < 6


def test_one_decision_leaves_an_unlike_comment_where_it_was() -> None:
    learned = taught([(SPAM, Label.SPAM)])
    unlike = Draft("t", "Anna", "The bridge at kilometre fourteen was closed")
    assert judged(unlike, learned).total == pytest.approx(judged(unlike, {}).total, abs=0.3)


DRAFTS = st.builds(
    Draft, st.just("t"), st.sampled_from(["Ana", "Bo"]), st.text(alphabet="abc é http://.xyz", max_size=60)
)


@settings(max_examples=40)
@given(st.lists(st.tuples(DRAFTS, st.sampled_from(Label)), max_size=6), st.data())
def test_undo_is_exact_whatever_was_learned_in_between(
    decisions: list[tuple[Draft, Label]], data: st.DataObject
) -> None:
    learned: dict[int, Learned] = {}
    lessons = []
    for draft, label in decisions:
        lessons.append(teach(learned, draft, label))
        learned = moved(learned, lessons[-1], +1)
    for lesson in data.draw(st.permutations(lessons)):
        learned = moved(learned, lesson, -1)
    assert learned == {}


def test_a_lesson_is_whole_numbers() -> None:
    assert all(type(number) is int for change in teach({}, SPAM, Label.SPAM).values() for number in change)


def test_a_base_that_is_wrong_here_is_trusted_less() -> None:
    cheap = Draft("t", "Shop", "cheap online casino bonus http://casino.xyz")
    assert judged(cheap, {}).total > 1
    learned = taught([(cheap, Label.HAM)] * 20)
    assert trust_in(learned) < trust_in({}) == 1
    assert trust_in({TRUST: Learned(-9 * MILLION, 0)}) == 0
    assert judged(cheap, learned).total < 0


def test_the_explanation_is_words_a_moderator_can_see() -> None:
    draft = Draft("t", "Anna", "Buy cheap pills here http://pills.ru/x")
    names = {clue.name for clue in clues(features(draft), {}, base(), for_spam=True)}
    assert {"“cheap”", "link to pills.ru", "link to .ru", "a link to another site"} <= names
    assert not any(name.isdigit() for name in names)


def test_links_to_the_sites_own_hosts_say_nothing() -> None:
    draft = Draft("t", "Anna", "see http://example.org/a")
    assert not any(b"link" in name for name in features(draft, frozenset({"example.org"})).names.values())


@pytest.mark.parametrize("damage", ["missing", "empty", "short", "flipped", "foreign"])
def test_a_damaged_model_is_refused_by_name(damage: str, tmp_path: Path) -> None:
    content = bytearray(BASE_FILE.read_bytes())
    content[5_000] ^= damage == "flipped"
    content[0] ^= damage == "foreign"
    path = tmp_path / "base.model"
    if damage != "missing":
        path.write_bytes({"empty": b"", "short": bytes(content[:-1])}.get(damage, bytes(content)))
    with pytest.raises(BadSettings, match=r"base\.model"):
        read(path)


def test_the_shipped_model_is_small() -> None:
    assert BASE_FILE.stat().st_size < 66_000


def test_training_is_reproducible_bit_for_bit() -> None:
    assert train(ROWS) == train(ROWS)


def test_training_learns_the_difference(tmp_path: Path) -> None:
    rows = ROWS[:]
    Random(0).shuffle(rows)
    path = tmp_path / "small.model"
    path.write_bytes(train(rows))
    model = read(path)
    totals = {Label.SPAM: 0.0, Label.HAM: 0.0}
    for row in rows:
        totals[Label(row["label"])] += score(features(Draft("t", row["author"], row["body"])), {}, model).total
    assert totals[Label.SPAM] > 0 > totals[Label.HAM]


def test_training_needs_both_labels() -> None:
    with pytest.raises(ValueError, match="both spam and ham"):
        train([row for row in ROWS if row["label"] == "ham"])
