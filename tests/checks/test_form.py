"""The form notices a filled trap and haste."""

import pytest

from service.checks.form import form
from service.model import Draft, Facts


def test_a_field_that_people_cannot_see_weighs_more_than_haste() -> None:
    trapped, hasty = (form(Draft("t", "A", "x", trap="x"), Facts()), form(Draft("t", "A", "x", form_age=0.8), Facts()))
    assert trapped and hasty
    assert trapped.strength > hasty.strength > 0
    assert hasty.detail == "sent 0.8 seconds after the form was opened"


@pytest.mark.parametrize("age", [None, 2.0, 86_400.0])
def test_who_takes_time_or_uses_no_form_is_left_alone(age: float | None) -> None:
    assert form(Draft("t", "A", "x", form_age=age), Facts()) is None
