"""Profanity is found through its disguises, graded, and the language of health is left in peace."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.profanity import find
from service.text.wordlists import sections


def severity(text: str) -> int:
    return max((each.severity for each in find(text)), default=0)


@pytest.mark.parametrize("written", ["f*ck", "f**k", "f***", "sh#t", "a**hole", "b*tch"])
def test_a_masked_letter_does_not_hide_a_swear_word(written: str) -> None:
    assert severity(f"what the {written} is this") == 2


@pytest.mark.parametrize(
    "written",
    [
        "FUCK",
        '"fuck"',
        "fuuuuck",
        "f u c k",
        "f.u.c.k",
        "fück",
        "ｆｕｃｋ",
        "𝐟𝐮𝐜𝐤",
        "fu\u200bck",
        "fuсk",
        "fvck",
        "fu ck",
        "fu<i>c</i>k",
    ],
)
def test_a_disguise_does_not_hide_a_swear_word(written: str) -> None:
    assert severity(f"what the {written} is this") == 2


@pytest.mark.parametrize("written", ["sh1t", "$hit", "b!tch", "@sshole", "c0ck", "5h1t", "a$$hole", "8itch"])
def test_a_sign_in_place_of_a_letter_does_not_hide_a_swear_word(written: str) -> None:
    assert severity(f"you {written} you") == 2


def test_the_tiers_give_the_severity() -> None:
    texts = ["what a faggot", "what a shit", "what a crap", "sexual health", "what a pity"]
    assert [severity(text) for text in texts] == [3, 2, 1, 0, 0]


def test_a_word_that_only_the_package_lists_is_strong() -> None:
    assert "cockmunch" not in {word for words in sections("en").values() for word in words}
    assert severity("cockmunch") == 2


@pytest.mark.parametrize(
    "text",
    [
        "The rectus abdominis and the anal sphincter share a nerve with the penis and the vagina.",
        "Pain during sex, in the breasts, the groin and the buttocks; stroke of the hand; facial massage",
        "urine, semen, sperm, erection, orgasm, oral medication, rectal examination, HIV, herpes",
        "I nearly killed my back, it was hell, oh god, stupid me, my fat belly, screw in the hip",
        "Scunthorpe, Penistone, Essex, Dickens, Van Dyke, class, analysis, cocktail, shiitake, Arsenal, assess",
        "spic and span, Moby Dick, a skin prick test, Homo sapiens, growth retarded, a Maine Coon, spicy food",
        "A55 and 455 Main St, 5 * 4 = 20, *really* nice, 50% of **them**, C# and F#",
    ],
)
def test_the_language_of_health_and_everyday_life_is_clean(text: str) -> None:
    assert find(text) == ()


def test_the_place_is_in_the_authors_own_text() -> None:
    text = "öh, so s.h.i.t and fuuuck"
    assert [text[slice(*each.span)].strip(" .") for each in find(text)] == ["s.h.i.t", "fuuuck"]


def test_every_grave_word_of_the_package_is_found_as_it_is_written() -> None:
    listed = (files("better_profanity") / "profanity_wordlist.txt").read_text(encoding="utf-8").split("\n")
    innocent = {*sections("en")["ignored"], *sections("en")["sexual-medical"]}
    grave = [word for word in map(str.strip, listed) if word and word.lower() not in innocent]
    assert len(grave) > 400
    assert [word for word in grave if not find(f"x, {word}, x")] == []


@given(st.text(max_size=300))
def test_any_text_is_searched_without_an_error_and_with_places_in_order(text: str) -> None:
    spans = [each.span for each in find(text)]
    assert spans == sorted(spans)
    assert all(0 <= start < end <= len(text) for start, end in spans)
