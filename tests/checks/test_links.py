"""Links to outside sites count by number, by where they lead and by what is written on them."""

import pytest

from service.model import Facts
from tests.checks import found, says


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            "see https://casino.example/x and http://b.casino.example",
            "two links to one outside site (casino.example)",
        ),
        ("www.shop.example", "one link to an outside site (shop.example)"),
        ("http://a.example http://b.example http://c.example http://d.example", "four links to outside sites"),
        ("look https://bit.ly/2xyz", "where bit.ly leads is hidden"),
        ("[cheap seo services](https://a.example)", "the text of a link advertises: “cheap seo services”"),
    ],
)
def test_links_are_counted_and_named(body: str, detail: str) -> None:
    assert detail in says("links", body)


def test_a_hidden_target_and_an_advertising_text_weigh_more_than_a_plain_link() -> None:
    plain, hidden, advertising = (
        found("links", body)
        for body in ("https://a.example", "https://bit.ly/a", "[cheap seo services](https://a.example)")
    )
    assert plain and hidden and advertising
    assert min(hidden.weight, advertising.weight) > plain.weight > 0


def test_links_to_reference_works_speak_for_a_comment() -> None:
    signal = found("links", "see https://en.wikipedia.org/wiki/Sciatica and https://www.nhs.uk/conditions/sciatica/")
    assert signal
    assert signal.weight < 0
    assert signal.detail == "links to reference works only (wikipedia.org, www.nhs.uk)"
    mixed = found("links", "see https://en.wikipedia.org/wiki/Sciatica and https://pills.example")
    assert mixed and mixed.weight > 0


def test_the_sites_own_pages_are_no_links_to_elsewhere() -> None:
    assert found("links", "see https://www.example.org/a") is None
    assert found("links", "see https://www.example.org/a", Facts()) is not None
