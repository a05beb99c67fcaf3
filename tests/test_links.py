"""Links are found however they are written, with the domain that somebody registered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.links import LINKS_MAX, domain_of, find, host_of, outside


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("see http://a.example/x?y=1, please", "http://a.example/x?y=1"),
        ("see HTTPS://A.Example.", "HTTPS://A.Example"),
        ("www.shop.example", "www.shop.example"),
        ("[my shop](https://shop.example/de/)", "https://shop.example/de/"),
        ("[url=http://shop.example]cheap[/url]", "http://shop.example"),
        ("[url]http://shop.example[/url]", "http://shop.example"),
        ('<a href="https://shop.example/">cheap</a>', "https://shop.example/"),
        ("go to mysite.com now", "mysite.com"),
        ("bit.ly/abc", "bit.ly/abc"),
    ],
)
def test_a_link_is_found_however_it_is_written(text: str, url: str) -> None:
    [link] = find(text)
    assert link.url == url
    assert text[slice(*link.span)] == url


@pytest.mark.parametrize(
    "text",
    ["setup.py and node.js", "ASP.NET", "e.g. this", "http://", "www.", "me@mail.com", "3.14 and 1.2.3", "end.Next"],
)
def test_a_file_or_a_product_is_no_link(text: str) -> None:
    assert find(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "[cheap pills](http://a.example)",
        "[url=http://a.example]cheap pills[/url]",
        '<a href="http://a.example" rel="x">cheap pills</a>',
    ],
)
def test_what_a_link_shows_is_kept(text: str) -> None:
    assert find(text)[0].text == "cheap pills"


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("shop.example.co.uk", "example.co.uk"),
        ("a.b.github.io", "b.github.io"),
        ("192.0.2.1", "192.0.2.1"),
        ("localhost", "localhost"),
    ],
)
def test_the_domain_is_what_somebody_registered(host: str, domain: str) -> None:
    assert domain_of(host) == domain


def test_a_name_and_a_port_in_an_address_are_not_its_host() -> None:
    assert host_of("http://user:secret@Shop.Example:8080/x") == "shop.example"


def test_a_link_to_the_sites_own_domain_is_not_outside() -> None:
    found = find("https://www.blog.example/a and https://other.example")
    assert [link.host for link in outside(found, frozenset({"blog.example"}))] == ["other.example"]


def test_a_thousand_links_are_judged_by_the_first_hundred() -> None:
    assert len(find("http://a.example " * 1_000)) == LINKS_MAX


@given(st.text(alphabet="htps:/w.acom@[]()<>=\"' \n-1é", max_size=200))
def test_every_link_stands_where_it_says(text: str) -> None:
    done = 0
    for link in find(text):
        assert done <= link.span[0] < link.span[1] <= len(text)
        assert text[slice(*link.span)] == link.url
        done = link.span[1]
