"""A name or a website that is the advertisement is found; a person with a home page is left alone."""

import pytest

from tests.checks import found, says


@pytest.mark.parametrize(
    ("author", "website", "body", "detail"),
    [
        ("cheap-pills.com", "", "hello", "the name is a link"),
        ("Best SEO Services", "", "hello", "the name sounds like a business"),
        ("Anna", "https://x.example/online-casino", "hello", "the website sells something (x.example: online, casino)"),
        ("Anna", "https://x.example/a/b/c", "hello", "a page deep inside x.example"),
        ("Anna", "https://x.example", "Great post!", "with a website beside the name"),
    ],
)
def test_a_name_or_a_website_that_advertises_is_found(author: str, website: str, body: str, detail: str) -> None:
    assert detail in says("name", body, author, website)


@pytest.mark.parametrize(
    "website", ["", "https://anna.example", "https://anna.example/blog", "https://example.org/a/b/c"]
)
def test_a_person_with_a_homepage_is_left_alone(website: str) -> None:
    assert found("name", "I agree with the second part.", website=website) is None
