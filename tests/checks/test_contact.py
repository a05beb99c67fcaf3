"""Invitations to talk elsewhere are found; numbers that readers write are not."""

import pytest

from service.checks.contact import contact
from service.model import Draft, Facts


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("Call me on +44 7700 900123 today", "a telephone number (+44 7700 900123)"),
        ("WhatsApp him: +1 (555) 010 9988", "to be reached by messenger"),
        ("write on Telegram @lucky_trader", "to be reached by messenger (Telegram @lucky_trader)"),
        ("join https://t.me/freesignals now", "to be reached by messenger"),
        ("mail dr.spell@temple.example for help", "an e-mail address (dr.spell@temple.example)"),
    ],
)
def test_a_way_to_be_reached_is_found_and_shown(body: str, says: str) -> None:
    found = contact(Draft("t", "A", body), Facts())
    assert found
    assert says in found.detail
    assert found.spans


@pytest.mark.parametrize(
    "body",
    [
        "In 2019 we paid 1,250,000 for 300 m2, version 10.15.7.1",
        "My back hurt for 12 years (1998-2010). Telegram is fine, WhatsApp too.",
        "@anna you are right, see RFC 2119 section 3.1.4159",
        "git commit 0123456789abcdef",
    ],
)
def test_numbers_and_names_that_readers_write_are_left_alone(body: str) -> None:
    assert contact(Draft("t", "A", body), Facts()) is None
