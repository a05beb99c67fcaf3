"""The floors of the house: who may import whom, read from the imports themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICE = Path(__file__).parent.parent / "service"

# From the roof to the ground. A module may import from the floors below its own; rooms on one floor
# do not know each other, unless they are named together in one room.
FLOORS: list[list[set[str]]] = [
    [{"cli", "commands", "app", "__main__"}],
    [{"web"}],
    [{"submit"}, {"review"}, {"threads"}, {"reactions"}, {"people"}],
    [{"judge"}, {"lessons"}],
    [{"remote"}],
    [{"checks", "verdict"}, {"store"}, {"recent"}],
    [{"spam"}],
    [{"text"}],
    [{"settings"}],
    [{"model"}],
    [{"policy"}],
    [{"errors"}, {"outbound", "http_client"}, {"metrics"}, {"log"}, {"keys"}, {"clock"}],
]


def place(room: str) -> tuple[int, int]:
    for height, floor in enumerate(FLOORS):
        for number, names in enumerate(floor):
            if room in names:
                return height, number
    pytest.fail(f"service/{room} stands on no floor; give it one in tests/test_layers.py and in service/README.md")


def rooms() -> list[str]:
    return sorted(
        path.stem
        for path in SERVICE.iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
    )


def modules() -> list[Path]:
    return sorted(SERVICE.rglob("*.py"))


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the rooms that a module imports, wherever in the file the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "service":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("service."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("service."))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SERVICE)))
def test_a_module_imports_only_from_the_floors_below(path: Path) -> None:
    room = path.relative_to(SERVICE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    height, number = place(room)
    for other in set(imported(ast.parse(path.read_text()))) & set(rooms()):
        if other == room:
            continue
        other_height, other_number = place(other)
        below = other_height > height or (other_height == height and other_number == number)
        assert below, f"{path.relative_to(SERVICE)} ({room}) imports {other}, which is not below it"


def test_every_room_stands_on_a_floor() -> None:
    for room in rooms():
        place(room)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SERVICE)))
def test_every_file_says_first_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    assert not text or ast.get_docstring(ast.parse(text)), f"{path} has no first line that says what it is for"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SERVICE)))
def test_no_file_has_outgrown_a_room(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300, "over 300 lines: is there a wall to put in?"
