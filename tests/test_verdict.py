"""The verdict adds up what was found, and errs on the side of a person looking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.checks import CHECK_FAILED, CHECKS
from service.model import Outcome, Signal
from service.policy import Policy
from service.verdict import PRIOR, REASONS_MAX, decide, logistic

CLEAN = Policy(publish="clean")
FAILED = Signal(CHECK_FAILED, 0, "the check «links» could not run; a person should look")


def spam(weight: float, check: str = "links") -> Signal:
    return Signal(check, weight, f"{check} {weight}")


def test_nothing_found_waits_for_a_person_by_default() -> None:
    assert decide([], Policy()).outcome is Outcome.HOLD


def test_a_clean_comment_is_published_only_where_the_policy_says_so() -> None:
    signals = [spam(-3, "learned")]
    assert decide(signals, CLEAN).outcome is Outcome.PUBLISH
    assert decide(signals, Policy()).outcome is Outcome.HOLD


@pytest.mark.parametrize("doubt", [spam(4), Signal("profanity", 1, "rude"), FAILED])
def test_a_doubt_holds_a_comment_that_would_be_published(doubt: Signal) -> None:
    assert decide([spam(-3, "learned"), doubt], CLEAN).outcome is Outcome.HOLD


def test_a_site_may_bear_rude_words() -> None:
    signals = [spam(-3, "learned"), Signal("profanity", 1, "rude")]
    verdict = decide(signals, Policy(publish="clean", profanity_at=2))
    assert (verdict.outcome, verdict.profanity) == (Outcome.PUBLISH, 1)


def test_strong_evidence_goes_to_the_spam_folder() -> None:
    assert decide([spam(4), spam(4, "learned")], Policy()).outcome is Outcome.SPAM


def test_learning_alone_never_rejects() -> None:
    verdict = decide([spam(20, "learned")], CLEAN)
    assert verdict.spam_probability > 0.99
    assert verdict.outcome is Outcome.HOLD
    assert decide([spam(20, "learned"), spam(0.5)], CLEAN).outcome is Outcome.HOLD


def test_a_failed_check_holds_even_what_looks_like_spam() -> None:
    assert decide([spam(20), FAILED], CLEAN).outcome is Outcome.HOLD


def test_the_probability_is_the_logistic_of_the_sum() -> None:
    verdict = decide([spam(1), spam(1.3, "name"), Signal("profanity", 3, "slur")], Policy())
    assert verdict.spam_probability == round(logistic(PRIOR + 2.3), 4) == 0.5
    assert verdict.profanity == 3


def test_the_reasons_are_the_strongest_findings_in_order() -> None:
    signals = [spam(weight, f"check{weight}") for weight in (0.5, 3, 1, 2, -4, 0.1, 1.5, 0.7)]
    assert decide(signals, Policy()).reasons == ("check3 3", "check2 2", "check1.5 1.5", "check1 1", "check0.7 0.7")
    assert decide([*signals, FAILED], Policy()).reasons[0] == FAILED.detail
    assert decide([spam(-4, "learned")], Policy()).reasons == ()


@given(
    st.lists(
        st.builds(
            Signal, st.sampled_from([*(check.name for check in CHECKS), CHECK_FAILED]), st.floats(-50, 50), st.text()
        )
    ),
    st.sampled_from([Policy(), CLEAN]),
)
def test_any_signals_give_a_verdict_that_keeps_them_all(signals: list[Signal], policy: Policy) -> None:
    verdict = decide(signals, policy)
    assert 0 <= verdict.spam_probability <= 1
    assert len(verdict.reasons) <= REASONS_MAX
    assert verdict.signals == tuple(signals)
    if policy.publish == "never" or any(signal.check == CHECK_FAILED for signal in signals):
        assert verdict.outcome is not Outcome.PUBLISH
