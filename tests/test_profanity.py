"""Profanity is found through its disguises, graded, and the language of health is left in peace."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.checks.profanity import profanity
from service.model import Draft, Facts
from service.policy import Tiers
from service.text.profanity import LANGUAGES, find
from service.text.wordlists import sections

CORPUS = Path(__file__).parent / "corpus"


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


@pytest.mark.parametrize(
    "written",
    ["ffuucckk", "kcuf", "fcuk", "btch", "siht", "xxfuckxx", "fuckface", "a f u c k", "f_u_c_k", "a_s_h_i_t", "51u7"],
)
def test_letters_in_disorder_do_not_hide_a_swear_word(written: str) -> None:
    assert severity(f"he is {written} you know") == 2


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "So eine Scheiße, du Arschloch"),
        ("es", "Vete a la mierda, hijo de puta"),
        ("fr", "Ferme ta gueule, connard"),
        ("it", "Ma vaffanculo, stronzo"),
        ("pt", "Vai tomar no cu, caralho"),
        ("ru", "Иди на хуй, сука, это пиздец"),
        ("tr", "Siktir git, orospu çocuğu"),
    ],
)
def test_other_languages_have_profanity_too(language: str, text: str) -> None:
    assert language in LANGUAGES
    assert severity(text) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Der dicke Hintern, die Brust und der Schwanz des Hundes; Johnny Depp; MongoDB; FDP",
        "Con el tiempo me duele el coxis, y el cono de tráfico; un pinche de cocina",
        "Avec le temps, con te, la bite d'amarrage, un petit pédalo, tapette à mouches",
        "Ho battuto la testa, la sega e la fava, un pesce, la città di Troia",
        "Comer pão com sal, o saco, o pinto no ninho, a torneira",
        "У меня болит поясница, подстрахуйте, хребет, употреблять, сукно, рубль, команда, хлебать",
        "Kasık ağrısı, sıkma, amca, göğüs, bokser, am I right, I got it, sick",
        "The batch of botched skips, pros and cons, weird in the morn, red flag, put on",
    ],
)
def test_everyday_words_of_other_languages_are_clean(text: str) -> None:
    assert find(text) == ()


def test_no_everyday_word_of_our_own_comments_is_taken_for_profanity() -> None:
    lines = [
        line for name in ("own", "held_out") for line in (CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    rows = list(map(json.loads, lines))
    assert [row["body"] for row in rows if row["label"] == "ham" and find(row["body"])] == []


def test_a_site_says_how_grave_each_tier_is_and_adds_or_takes_out_words() -> None:
    text = "You faggot, sexual arse, I call it flimflammery"
    words = {each.word: each.severity for each in find(text)}
    assert words == {"faggot": 3, "arse": 1}
    tiers = Tiers(slur=2, strong=1, mild=0, sexual_medical=3, own_words=("flimflam*",), clean_words=("faggot",))
    assert {each.word: each.severity for each in find(text, tiers)} == {"sexual": 3, "flimflam": 1}


def test_a_slur_cannot_hide_behind_innocent_words() -> None:
    assert severity("god " * 2_400 + "faggot") == 3


def test_more_profanity_than_is_looked_at_is_as_grave_as_can_be() -> None:
    draft = Draft("t", "Ann", "arse " * 500)
    evidence = profanity(draft, Facts())
    assert evidence is not None and evidence.strength == 3


def test_the_tiers_give_the_severity() -> None:
    texts = ["what a faggot", "what a shit", "what an arse", "sexual health", "what a pity"]
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
