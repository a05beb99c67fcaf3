"""Almost the same text and many comments from one place are noticed, for a day and for ten minutes."""

from service.checks import signals
from service.clock import DAY, MINUTE
from service.model import Draft, Facts
from service.recent import ENTRIES_MAX, SAME_PART_MAX, Recent

KIT = "I have been reading your wonderful articles for weeks now and they helped my {} more than any other page did"


class Now:
    time = 10 * DAY

    def __call__(self) -> int:
        return self.time


def test_almost_the_same_text_is_found_for_a_day() -> None:
    recent = Recent(now := Now())
    recent.note(KIT.format("business"), None)
    assert recent.near_copies(KIT.format("garden")) == 1
    assert recent.near_copies("Hey! " + KIT.format("business") + " https://a.example") == 1
    assert recent.near_copies("My knee hurts when I climb stairs and the stretch that you describe made it better") == 0
    assert recent.near_copies("thank you") == 0
    now.time += DAY + 1
    assert recent.near_copies(KIT.format("business")) == 0


def test_a_burst_from_one_range_is_counted_for_ten_minutes() -> None:
    recent = Recent(now := Now())
    for last in range(6):
        recent.note("x", f"8.8.8.{last}")
    assert recent.from_there("8.8.8.200") == 6
    assert recent.from_there("8.8.9.1") == 0
    assert recent.from_there(None) == recent.from_there("nonsense") == 0
    now.time += 11 * MINUTE
    assert recent.from_there("8.8.8.200") == 0


def test_a_proxys_address_is_no_place() -> None:
    recent = Recent(Now())
    for _ in range(9):
        recent.note("x", "127.0.0.1")
    assert recent.from_there("127.0.0.1") == 0


def test_a_flood_is_bounded_in_memory_and_still_found() -> None:
    recent = Recent(Now())
    for _ in range(ENTRIES_MAX + 100):
        recent.note(KIT.format("x"), "8.8.8.8")
    assert 1 <= recent.near_copies(KIT.format("x")) <= SAME_PART_MAX
    assert len(recent._entries) <= ENTRIES_MAX
    assert recent.from_there("8.8.8.8") <= ENTRIES_MAX


def test_the_checks_say_what_was_found() -> None:
    details = {s.check: s.detail for s in signals(Draft("t", "A", KIT), Facts(near_copies=2, from_there=5))}
    assert details["duplicates"] == "almost the same text was posted here twice within a day"
    assert details["burst"] == "5 other comments came from the same address range within ten minutes"
    assert "burst" not in {s.check for s in signals(Draft("t", "A", KIT), Facts(from_there=3))}
