"""Draws comments as an Atom feed (RFC 4287), with what each one answers (RFC 4685)."""

import re
import uuid
from collections.abc import Sequence
from urllib.parse import urldefrag, urlencode
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from service.clock import rfc3339
from service.model import Site, Thread
from service.store.feeds import News
from service.web.language import Words

ATOM = "http://www.w3.org/2005/Atom"
THREADING = "http://purl.org/syndication/thread/1.0"
# Ids are made from what never changes, whatever host the service moves to.
_IDS = uuid.UUID("6f9a3c52-0d5e-4b1c-9a56-4c8f6f0c7b1e")
# Letters that XML cannot hold at all.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ElementTree.register_namespace("", ATOM)
ElementTree.register_namespace("thr", THREADING)


def draw(base: str, site: Site, thread: Thread | None, news: Sequence[News], words: Words) -> bytes:
    """Return the feed as XML."""
    own = f"{base}/sites/{site.name}/feed.atom" + (f"?{urlencode({'thread': thread.key})}" if thread else "")
    root = Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": words.language})
    _text(root, "id", _id(site, f"thread {thread.key}" if thread else "site"))
    about = (thread.title or thread.key) if thread else site.name
    _text(root, "title", words.say("page-heading", title=about))
    _text(root, "updated", rfc3339(max((_updated(one) for one in news), default=site.created_at)))
    SubElement(root, f"{{{ATOM}}}link", rel="self", type="application/atom+xml", href=own)
    home = (thread.url or _embedded(base, site, thread.key)) if thread else site.origins[0]
    SubElement(root, f"{{{ATOM}}}link", rel="alternate", type="text/html", href=home)
    _text(root, "generator", "Gatepost")
    for one in news:
        _entry(SubElement(root, f"{{{ATOM}}}entry"), base, site, one, words)
    return bytes(ElementTree.tostring(root, "utf-8", xml_declaration=True))


def _entry(entry: Element, base: str, site: Site, one: News, words: Words) -> None:
    page = urldefrag(one.url).url if one.url else _embedded(base, site, one.thread)
    _text(entry, "id", _id(site, one.id))
    _text(entry, "title", words.say("page-feed-entry", author=one.author, title=one.title or one.thread))
    _text(SubElement(entry, f"{{{ATOM}}}author"), "name", one.author)
    _text(entry, "published", rfc3339(one.created_at))
    _text(entry, "updated", rfc3339(_updated(one)))
    SubElement(entry, f"{{{ATOM}}}link", rel="alternate", type="text/html", href=f"{page}#c-{one.id}")
    if one.parent_id:
        answered = {"ref": _id(site, one.parent_id), "type": "text/html", "href": f"{page}#c-{one.parent_id}"}
        SubElement(entry, f"{{{THREADING}}}in-reply-to", answered)
    _text(entry, "content", one.html).set("type", "html")


def _text(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, f"{{{ATOM}}}{name}")
    element.text = _NOT_XML.sub("\ufffd", text)
    return element


def _updated(one: News) -> int:
    return one.edited_at or one.created_at


def _id(site: Site, what: str) -> str:
    return uuid.uuid5(_IDS, f"{site.name} {site.created_at} {what}").urn


def _embedded(base: str, site: Site, key: str) -> str:
    return f"{base}/embed/{site.name}?{urlencode({'thread': key})}"
