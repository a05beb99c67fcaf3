"""Makes what a reader typed safe to show: Markdown in, a small set of HTML out. Every path to a page goes through here.

mistune's own link plugin is linear where others are quadratic, and nh3 has the last word on what may leave.
"""

import html
import re
import unicodedata
from typing import cast

import mistune
import nh3
from mistune.renderers.html import HTMLRenderer

_TAGS = {"p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"}

_TAG = re.compile(r"<[^>]*>")
# Letters to Unicode, and yet nothing to see: the fillers of Hangul and the blank of Braille.
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"

# Lines that begin with a letter (`1.` or spaces may begin a list or code) and hold no sign that means anything to
# Markdown or HTML: three of five comments, and drawing them as they are takes a tenth of the time.
_SIGNS = r"\x00-\x1f#&*+<=>@\[-`{-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
_LINE = rf"[^\W\d_](?:[^:{_SIGNS}]|:(?!//))*(?<! )"
_PROSE = re.compile(rf"{_LINE}(?:\n+{_LINE})*")
_PARAGRAPH_END = re.compile(r"\n\n+")

_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style"},
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="nofollow ugc noopener noreferrer",
)


class _CommentRenderer(HTMLRenderer):
    """Markdown as comments want it: no headings in somebody else's page, and a picture is a link to it."""

    def heading(self, text: str, level: int, **attributes: object) -> str:
        return f"<p><strong>{text}</strong></p>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return self.link(text or url, url)


_markdown = mistune.create_markdown(
    renderer=_CommentRenderer(escape=True), hard_wrap=True, plugins=["strikethrough", "url"]
)


def to_html(body: str) -> str:
    """Return a comment's body as HTML that is safe on any page: no scripts, styles, images, ids or relative links."""
    if _PROSE.fullmatch(body):
        paragraphs = [lines.replace("\n", "<br>\n") for lines in _PARAGRAPH_END.split(body)]
        return "<p>" + "</p>\n<p>".join(paragraphs) + "</p>"
    return _cleaner.clean(cast(str, _markdown(body))).strip()


def shows_something(safe: str) -> bool:
    """Tell whether HTML made by `to_html` shows a reader anything at all."""
    text = html.unescape(_TAG.sub("", safe))
    return any(unicodedata.category(c)[0] not in "ZCM" and c not in _BLANK for c in text)
