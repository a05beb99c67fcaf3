"""The filter says what the wording is like, in words that a moderator can see."""

from zlib import crc32

from service.model import Facts, Learned
from service.spam.tokens import BASE_SIZE
from tests.checks import SITE, found, says

ORDINARY = "My sciatica got worse after sitting all day; walking helps. What do you do?"


def test_spam_is_like_earlier_spam() -> None:
    detail = says("learned", "cheap viagra online casino http://pills.ru")
    assert detail.startswith("the wording is like earlier spam: ")
    assert "“cheap”" in detail and "link to .ru" in detail


def test_it_speaks_for_an_ordinary_comment() -> None:
    signal = found("learned", ORDINARY)
    assert signal
    assert signal.weight < 0
    assert signal.detail.startswith("the wording is like wanted comments: ")


def test_it_says_when_this_sites_moderators_taught_it() -> None:
    words = ("sciatica", "sitting", "walking")
    taught = {crc32(f"“{word}”".encode()) % BASE_SIZE: Learned(9_000_000, 1_000_000) for word in words}
    signal = found("learned", ORDINARY, Facts(SITE, learned=taught))
    assert signal
    assert signal.weight > 0
    assert signal.detail.endswith("; this site's moderators taught it so")


def test_it_says_nothing_of_nothing() -> None:
    assert found("learned", "", author="") is None
