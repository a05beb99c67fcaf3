"""A text reads as it looks, and every finding points at the author's own characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text import lookalikes
from service.text.fold import Folded, fold, readings, spaced_words


def shown(text: str) -> set[str]:
    return {word for reading in readings(text) for word in reading.text.split()}


@pytest.mark.parametrize(
    "disguise",
    ["WORD", "wörd", "w\u200bord", "wo\u00adrd", "ｗｏｒｄ", "𝐰𝐨𝐫𝐝", "wоrd", "w\u0301o\u0302rd", "ⓦⓞⓡⓓ", "W\u3164ord"],
)
def test_a_disguise_of_unicode_is_undone(disguise: str) -> None:
    assert fold(disguise).text == "word"


@pytest.mark.parametrize(
    "disguise", ["w o r d", "w.o.r.d", "w-o-r-d", "w_o_r_d", "wo.rd", "wo<b>r</b>d", "w😀ord", "woooord"]
)
def test_a_disguise_that_a_reader_sees_through_is_read(disguise: str) -> None:
    assert "word" in shown(f"this {disguise} here")


def test_a_stretched_letter_is_read_as_one_and_as_two() -> None:
    assert {"god", "good"} <= shown("goooood")


def test_a_word_in_another_script_stays_as_it_is() -> None:
    assert fold("Спасибо, ДРУГ").text == "спасибо, друг"


def test_a_sign_that_becomes_a_phrase_stays_one_sign() -> None:
    assert len(fold("\ufdfa" * 10).text) == 10


def test_an_ordinary_text_has_one_reading() -> None:
    assert len(readings("An ordinary sentence, with commas: and e.g. nothing else")) <= 2
    assert readings("Thank you") == (Folded("thank you", range(10)),)


def test_only_words_of_four_letters_count_as_spelled_with_gaps() -> None:
    assert spaced_words("c h e a p, from the U.S.A.") == [(0, 9)]
    assert spaced_words("e.g. the U.S.A. at 1 2 3 4 5") == []


def test_the_table_of_look_alikes_is_the_one_that_the_installed_list_gives() -> None:
    derived = {char: letter for letter, chars in lookalikes.derive().items() for char in chars}
    assert lookalikes.load() == derived


@given(st.text(max_size=300))
def test_every_reading_of_any_text_points_into_that_text(text: str) -> None:
    for reading in readings(text):
        assert len(reading.origins) == len(reading.text) + 1
        assert list(reading.origins) == sorted(reading.origins)
        for at in range(len(reading.text)):
            start, end = reading.span(at, at + 1)
            assert 0 <= start < end <= len(text)


@given(st.text(alphabet="ab .-_*<>éсw😀\u200b", max_size=200))
def test_every_reading_of_a_tricky_text_points_into_that_text(text: str) -> None:
    for reading in readings(text):
        assert len(reading.origins) == len(reading.text) + 1
        assert all(0 <= origin <= len(text) for origin in reading.origins)


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=100))
def test_plain_text_only_loses_its_capitals(text: str) -> None:
    assert fold(text).text == text.lower()
