"""The README under test: its commands are run as they stand, on a fresh copy of the project."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml

from service.policy import Policy
from service.settings import _READ

PROJECT = Path(__file__).parent.parent
README = (PROJECT / "README.md").read_text()
PORT = 8080
START_SECONDS = 240


def commands(heading: str) -> list[str]:
    section = README.split(heading, 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git tracks or would track, with nothing of ours around."""
    folder = tmp_path_factory.mktemp("fresh") / "gatepost"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        source = PROJECT / name
        if name and source.exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    return folder


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("GATEPOST_", "VIRTUAL_ENV"))}


@pytest.fixture(scope="module")
def running(copy: Path) -> Iterator[str]:
    """What `make run` printed, while it runs."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            if os.environ.get("CI"):
                pytest.fail(f"port {PORT} is taken, and the README names it")
            pytest.skip(f"PORT {PORT} IS TAKEN: the README's commands were not run")
    (first, second) = commands("# Gatepost")
    assert (first.strip(), second.strip()) == ("make run", "make test")
    log = copy.parent / "run.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            first, shell=True, cwd=copy, env=environment(), stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            give_up = time.monotonic() + START_SECONDS
            while not answers():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < give_up, log.read_text()
                time.sleep(0.2)
            yield log.read_text()
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def answers() -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{PORT}/readyz", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def run(copy: Path, script: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=copy, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_make_run_prints_three_addresses_that_answer(running: str) -> None:
    addresses = re.findall(r"http://127\.0\.0\.1:8080/\S+", running)
    paths = [address.removeprefix("http://127.0.0.1:8080") for address in addresses]
    assert paths[0] == "/demo/" and paths[1].startswith("/admin/sign-in/") and paths[2] == "/docs/"
    for address in addresses:
        assert httpx2.get(address, trust_env=False).status_code == 200


def test_the_walk_with_curl_goes_as_it_says(running: str, copy: Path) -> None:
    walk, judged = commands("## A walk with curl")
    said = run(copy, walk)
    assert '"status":"pending"' in said
    assert said.count('"comments":[]') == 1
    assert '"signals":' in said
    assert '"batch":' in said
    assert said.rstrip().endswith('"next":null}')
    assert "<strong>a lot</strong>" in said.rpartition('"comments":')[2]
    assert '"spam_probability":' in run(copy, judged)


def test_ones_own_site_is_set_up_as_it_says(running: str, copy: Path) -> None:
    (script,) = commands("## Your own site")
    said = run(copy, script)
    assert "https://www.example.org" in said
    assert "/admin/sign-in/" in said
    assert " bad" not in said


def test_rules_are_made_as_it_says(running: str, copy: Path) -> None:
    (script,) = commands("## Rules")
    (copy / "blocklist.txt").write_text("cheap viagra\npills.ru\n", encoding="utf-8")
    if "blog" not in run(copy, ".venv/bin/gatepost site list"):
        run(copy, ".venv/bin/gatepost site add blog --origin https://www.example.org")
    said = run(copy, script)
    assert "cheap pills*" in said and "blocklist, 2 terms" in said


def rows(heading: str) -> set[str]:
    section = README.split(heading, 1)[1].split("\n## ", 1)[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_setting_and_policy_is_in_the_readme() -> None:
    assert rows("## Settings") == {f"GATEPOST_{name.upper()}" for name in _READ}
    assert rows("## Your own site") == {*Policy.__struct_fields__, "origins"}


def test_every_dependency_is_named_with_its_reason() -> None:
    import tomllib

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[<>=;\[ ]", dependency)[0] for dependency in project["dependencies"]}
    section = README.split("## What it is made of", 1)[1]
    named = {n.strip() for line in section.splitlines() if line.startswith("| ") for n in line.split("|")[1].split(",")}
    assert wanted <= named


def test_no_address_of_a_package_index_is_written_down() -> None:
    for name in ("requirements.txt", "requirements-build.txt", "requirements-test.txt"):
        assert "://" not in (PROJECT / name).read_text()


def test_the_description_is_one_document() -> None:
    assert yaml.safe_load((PROJECT / "schema" / "openapi.yaml").read_text())["openapi"].startswith("3.1")
