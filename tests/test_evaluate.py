"""How good the judging is: the measures are right, and the commands say them of any labelled file."""

import json
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.spam.measures import bootstrap, calibration, pr_auc, recall_at, roc_auc
from service.spam.model import read
from service.spam.plots import SIDE
from tests.test_cli import Terminal

SVG = "{http://www.w3.org/2000/svg}"
CORPUS = Path(__file__).parent / "corpus"
SCORED = st.lists(st.tuples(st.integers(0, 9).map(lambda n: n / 10), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: len({spam for _, spam in rows}) == 2
)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


@given(SCORED)
def test_the_area_under_the_curve_is_the_chance_that_spam_scores_higher(scored: list[tuple[float, bool]]) -> None:
    spam, ham = ([score for score, is_spam in scored if is_spam is wanted] for wanted in (True, False))
    pairs = [(a > b) + (a == b) / 2 for a, b in product(spam, ham)]
    assert roc_auc(scored) == pytest.approx(sum(pairs) / len(pairs))


@given(SCORED)
def test_measures_stay_in_their_range(scored: list[tuple[float, bool]]) -> None:
    assert 0 < pr_auc(scored) <= 1
    assert 0 <= recall_at(scored, 0.01) <= recall_at(scored, 0.5) <= 1
    assert sum(tenth.comments for tenth in calibration(scored) if tenth) == len(scored)
    interval = bootstrap(scored, roc_auc)
    assert 0 <= interval.low <= interval.high <= 1


def test_perfect_and_useless_scores_are_told_apart() -> None:
    perfect = [(0.9, True)] * 10 + [(0.1, False)] * 90
    useless = [(0.5, True)] * 10 + [(0.5, False)] * 90
    assert [roc_auc(perfect), pr_auc(perfect), recall_at(perfect, 0.01)] == [1, 1, 1]
    assert [roc_auc(useless), pr_auc(useless), recall_at(useless, 0.01)] == [0.5, 0.1, 0]


def test_evaluate_says_how_well_the_checks_part_spam_from_ham(terminal: Terminal) -> None:
    said = terminal.do("evaluate", str(CORPUS / "held_out.jsonl"))
    assert "70 comments, 33 of them spam" in said
    auc = next(float(line.split()[1]) for line in said.splitlines() if "ROC-AUC" in line)
    assert auc >= 0.97
    for words in ("PR-AUC", "at 1% false alarms", "at 5% false alarms", "said   were", "looks most like spam"):
        assert words in said


def test_evaluate_takes_a_file_of_one_kind(terminal: Terminal) -> None:
    said = terminal.do("evaluate", str(CORPUS / "advertising.jsonl"))
    assert "320 of them spam" in said and "ROC-AUC" not in said


def test_evaluate_draws_reliability_and_roc(terminal: Terminal) -> None:
    terminal.do("evaluate", str(CORPUS / "held_out.jsonl"), "--plot", "plot.svg")
    drawing = ElementTree.fromstring((terminal.folder / "plot.svg").read_text())
    dots = [one for one in drawing.iter(f"{SVG}circle") if 0 <= float(one.attrib["cx"]) <= SIDE]
    rows = [json.loads(line) for line in (CORPUS / "held_out.jsonl").read_text().split("\n") if line]
    assert 2 <= len(dots) <= min(10, len(rows))
    (curve,) = drawing.iter(f"{SVG}polyline")
    points = [point.split(",") for point in curve.attrib["points"].split()]
    across, down = [float(x) for x, _ in points], [float(y) for _, y in points]
    assert (across[0], down[0], across[-1], down[-1]) == (0, SIDE, SIDE, 0), "from nothing flagged to everything"
    assert across == sorted(across) and down == sorted(down, reverse=True), "it only rises"
    refused = terminal.run("evaluate", str(CORPUS / "advertising.jsonl"), "--plot", "other.svg")
    assert refused.returncode == 1 and "needs spam and ham" in refused.stderr


def test_reliability_can_be_weighed_as_if_spam_were_rare() -> None:
    said = [(0.55, True)] * 50 + [(0.55, False)] * 50
    (half,) = filter(None, calibration(said))
    (rare,) = filter(None, calibration(said, spam_share=0.1))
    assert half.were == 0.5 and rare.were == pytest.approx(0.1)
    assert rare.comments == 100 and rare.said == pytest.approx(0.55)


def test_train_builds_the_same_model_from_the_same_files(terminal: Terminal) -> None:
    files = [str(CORPUS / name) for name in ("own.jsonl", "held_out.jsonl")]
    for name in ("a.model", "b.model"):
        assert "from 140 comments" in terminal.do("train", *files, "--output", name)
    assert (terminal.folder / "a.model").read_bytes() == (terminal.folder / "b.model").read_bytes()
    read(terminal.folder / "a.model")


def test_train_can_judge_each_file_by_a_model_of_the_others(terminal: Terminal) -> None:
    files = [str(CORPUS / name) for name in ("own.jsonl", "held_out.jsonl")]
    said = terminal.do("train", *files, "--evaluate")
    assert said.count("ROC-AUC") == 2


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "line 2"),
        ('{"body": "x"}', "line 2"),
        ('{"body": 5, "label": "ham"}', "line 2"),
        ("", "both spam and ham"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_no_model_is_written(terminal: Terminal, line: str, named: str) -> None:
    (terminal.folder / "rows.jsonl").write_text(json.dumps({"body": "fine", "label": "ham"}) + f"\n{line}\n")
    done = terminal.run("train", "rows.jsonl", "--output", "x.model")
    assert (done.returncode, named in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr
    assert not (terminal.folder / "x.model").exists()
