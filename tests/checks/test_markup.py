"""Codes of other systems are found; code that readers talk about is left alone."""

import pytest

from tests.checks import found, says


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("[url=http://a.example]a[/url]", "forum code"),
        ("<a href='http://a.example'>a</a>", "HTML tag"),
        ("<script>alert(1)</script>", "HTML tag"),
    ],
)
def test_codes_are_named(body: str, detail: str) -> None:
    assert detail in says("markup", body)


@pytest.mark.parametrize("body", ["a < b and c > d", "use `<div>` here", "[1] see below", "list[url] = x"])
def test_signs_that_readers_use_are_left_alone(body: str) -> None:
    assert found("markup", body) is None
