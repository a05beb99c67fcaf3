"""Makes what a reader typed safe to show: Markdown in, a small set of HTML out. Every path to a page goes through here.

mistune's own link plugin is linear where others are quadratic, and nh3 has the last word on what may leave.
"""

from typing import cast

import mistune
import nh3
from mistune.renderers.html import HTMLRenderer

_TAGS = {"p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"}

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
    return _cleaner.clean(cast(str, _markdown(body))).strip()
