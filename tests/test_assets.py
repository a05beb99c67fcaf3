"""What other people's pages load: how large it is, in which words it speaks, and that nothing is lost on the way."""

import gzip
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.web.assets import ASSETS, WORDS, without_comments
from tests.conftest import Live

BUDGET = 10 * 1024
FOLDER = Path(__file__).parent.parent / "service" / "web"
CATALOGUES: dict[str, dict[str, Any]] = {
    path.stem: msgspec.json.decode(path.read_bytes()) for path in sorted((FOLDER / "words").glob("*.json"))
}
ENGLISH = CATALOGUES["en"]
SCRIPTS = {name: (FOLDER / "static" / name).read_text() for name in ("embed.js", "write.js")}


def packed(content: bytes) -> int:
    return len(gzip.compress(content, 9, mtime=0))


@pytest.mark.parametrize("language", CATALOGUES)
def test_what_a_reader_loads_before_writing_is_at_most_10_kb(language: str) -> None:
    script, words = ASSETS["embed.js"].content, WORDS[f"read/{language}"].content
    before, later = packed(script) + packed(words), packed(ASSETS["write.js"].content)
    print(f"{language}: {before} bytes before writing ({packed(words)} of words), {later} more with the first letter")
    assert before <= BUDGET


def test_comments_and_indentation_do_not_travel_and_strings_do() -> None:
    script = """// What it is for.
      const a = "  // no comment";

      const b = `one
        // no comment either
        two`; // stays
        // goes, it's "odd`
      const c = 'it\\'s // fine';
"""
    assert without_comments(script) == (
        'const a = "  // no comment";\n'
        "const b = `one\n        // no comment either\n        two`; // stays\n"
        "const c = 'it\\'s // fine';\n"
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_only_comments_and_space_are_taken_from_our_scripts(name: str) -> None:
    written, sent = SCRIPTS[name], ASSETS[name].content.decode()
    kept = [line.strip() for line in written.splitlines() if not line.strip().startswith("//")]
    assert [line.strip() for line in sent.splitlines() if line.strip()] == [line for line in kept if line]


def placeholders(text: Any) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", msgspec.json.encode(text).decode()))


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_language_has_every_word_with_the_same_places_to_fill(language: str) -> None:
    words = CATALOGUES[language]
    assert list(words) == list(ENGLISH)
    for key, text in words.items():
        assert isinstance(text, dict) == isinstance(ENGLISH[key], dict), key
        for form in text.values() if isinstance(text, dict) else [text]:
            assert form.strip() == form and form, key
        # A form for one or two may do without the number.
        assert placeholders(text["other"] if isinstance(text, dict) else text) == placeholders(ENGLISH[key]), key


def test_the_widget_knows_which_languages_there_are() -> None:
    (listed,) = re.findall(r"const LANGUAGES = \[(.*)\];", SCRIPTS["embed.js"])
    assert sorted(re.findall(r'"(\w+)"', listed)) == sorted(CATALOGUES)


def test_readers_get_every_word_that_is_said_to_them_and_writers_the_rest() -> None:
    said = set(re.findall(r'say\("([a-z-]+)"', SCRIPTS["embed.js"]))
    assert said <= set(ENGLISH)
    read, write = (set(msgspec.json.decode(WORDS[f"{half}/en"].content)) for half in ("read", "write"))
    assert read == said
    assert read | write == set(ENGLISH)
    assert set(re.findall(r'say\("([a-z-]+)"', SCRIPTS["write.js"])) <= set(ENGLISH)


@pytest.mark.parametrize("path", ["/embed.js", "/write.js", "/words/read/en.json", "/words/write/en.json"])
def test_any_page_may_load_the_widget_also_one_that_isolates_itself(live: Live, path: str) -> None:
    with live.client() as client:
        answer = client.get(path)
        again = client.get(path, headers={"if-none-match": answer.headers["etag"]})
        absent = client.get("/words/read/xx.json")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert again.status_code == 304
    assert absent.status_code == 404


def test_the_readme_lists_every_option_of_the_widget() -> None:
    (options,) = re.findall(r"const OPTIONS = \[(.*)\];", SCRIPTS["embed.js"])
    readme = (FOLDER.parent.parent / "README.md").read_text().split("| option | means | default |")[1].split("\n\n")[0]
    assert sorted(["site", *re.findall(r"^\| `([a-z-]+)` \|", readme, re.MULTILINE)]) == sorted(
        re.findall(r'"([a-z-]+)"', options)
    )
