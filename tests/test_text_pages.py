"""Addresses of pages: one page is one thread, two pages are two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Invalid
from service.model import THREAD_MAX, Site
from service.policy import Policy
from service.text.pages import keys_of

SITE = Site("blog", ("https://blog.example", "http://127.0.0.1:8080", "https://xn--bcher-kva.example"), Policy(), 0)
HERE = "https://blog.example"


def key(url: str) -> str:
    return keys_of(SITE, url)[0]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", "/"),
        ("/", "/"),
        ("/post", "/post"),
        ("/post#comments", "/post"),
        ("/post?", "/post"),
        ("/post/", "/post/"),
        ("/a/index.html", "/a/"),
        ("/a/INDEX.PHP", "/a/"),
        ("/a/default.aspx?b=1", "/a/?b=1"),
        ("/index.htm", "/"),
        ("/a/index.html/b", "/a/index.html/b"),
        ("/a/reindex.html", "/a/reindex.html"),
        ("/post?utm_source=x&utm_medium=y", "/post"),
        ("/post?UTM_Source=x&fbclid=1&gclid=2&msclkid=3&mc_cid=4&mc_eid=5&igshid=6&ref_src=7", "/post"),
        ("/post?%75tm_source=x", "/post"),
        ("/post?b=2&a=1&utm_term=x", "/post?a=1&b=2"),
        ("/post?a=1&b=2", "/post?a=1&b=2"),
        ("/post?p=2&p=1", "/post?p=1&p=2"),
        ("/post?reference=7", "/post?reference=7"),
        ("/%7euser", "/~user"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/café", "/caf%C3%A9"),
        ("/a%2fb", "/a%2Fb"),
        ("/a b", "/a%20b"),
        ("/100%", "/100%25"),
        ("/%%3441", "/%25441"),
        ("/it%27s", "/it's"),
    ],
)
def test_a_page_is_one_thread_however_somebody_came_to_it(address: str, expected: str) -> None:
    assert key(f"{HERE}{address}") == expected


@pytest.mark.parametrize(
    ("address", "keys"),
    [("/a", ["/a", "/a/"]), ("/a/", ["/a/", "/a"]), ("/", ["/"]), ("/a?b=1", ["/a?b=1", "/a/?b=1"])],
)
def test_a_slash_at_the_end_leads_to_the_other_way_too(address: str, keys: list[str]) -> None:
    assert keys_of(SITE, f"{HERE}{address}") == keys


@pytest.mark.parametrize(
    "url",
    [f"{HERE}/a", "HTTPS://BLOG.example/a", f"{HERE}:443/a", "http://127.0.0.1:8080/a", "https://bücher.example/a"],
)
def test_every_origin_of_the_site_has_the_same_pages(url: str) -> None:
    assert key(url) == "/a"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/a",
        "https://evil.example/a",
        "http://blog.example/a",
        "https://blog.example.evil.example/a",
        "https://blog.example:8443/a",
        "https://blog.example:99999/a",
        "https://blog.example@evil.example/a",
        "https://[::1/a",
        "javascript:alert(1)",
    ],
)
def test_a_page_of_another_site_is_refused_and_named(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        keys_of(SITE, url)
    assert [error.field for error in refused.value.errors] == ["url"]


def test_a_long_address_is_a_page_of_its_own() -> None:
    one, two = f"{HERE}/{'ж' * 200}", f"{HERE}/{'ж' * 199}з"
    assert len({*keys_of(SITE, one), *keys_of(SITE, two)}) == 4
    assert all(len(each) <= THREAD_MAX for each in [*keys_of(SITE, one), *keys_of(SITE, two)])


@given(st.text(max_size=600))
def test_whatever_follows_the_origin_gives_a_key_that_means_itself(rest: str) -> None:
    try:
        first, *_ = keys_of(SITE, f"{HERE}/{rest}")
    except Invalid:
        return
    assert 1 <= len(first) <= THREAD_MAX and first.isascii()
    if len(f"/{rest}") <= 40:
        assert key(f"{HERE}{first}") == first
