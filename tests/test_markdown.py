"""What a reader typed is drawn the same whether or not it takes the short way past Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text import markdown
from service.text.markdown import to_html

SIGNS = "abcXYZ👍éß9 1,;.?'\"()/%€$’“”-–…:!*_`#&<>[]\\~@|+=\n\twph\u0660ａ中ªⅣ\u00a0\u0301"


def the_long_way(body: str) -> str:
    return markdown._cleaner.clean(str(markdown._markdown(body))).strip()


@given(st.text(alphabet=SIGNS, min_size=1, max_size=40) | st.from_regex(markdown._PROSE, fullmatch=True))
def test_prose_is_drawn_as_markdown_would(body: str) -> None:
    assert to_html(body) == the_long_way(body)


@pytest.mark.parametrize(
    "body",
    ["My leg hurts.", "It's “better” now (50 %), thanks", "Is it? I don't know…", "Größer!\nNatürlich:\n\nja 👍"],
)
def test_what_most_people_write_takes_the_short_way(body: str) -> None:
    assert markdown._PROSE.fullmatch(body)
    assert to_html(body) == the_long_way(body)


@pytest.mark.parametrize(
    "body", ["1. one", "- one", "a\n- b", "*a*", "a_b", "a & b", "<b>", "http://a.example", " a", "a "]
)
def test_what_may_mean_something_goes_the_long_way(body: str) -> None:
    assert not markdown._PROSE.fullmatch(body)
