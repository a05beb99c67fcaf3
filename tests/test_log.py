"""What the log may not say."""

import json
import logging

import pytest

from service import log


def test_a_fault_is_logged_without_the_values_of_variables(capsys: pytest.CaptureFixture[str]) -> None:
    def take(body: str) -> None:
        raise ValueError(len(body))

    root, disabled = logging.getLogger(), logging.getLogger("uvicorn.access").disabled
    handlers, level = root.handlers, root.level
    try:
        log.configure("json")
        try:
            take("a private " + "matter")
        except ValueError:
            logging.getLogger("service").exception("fault")
    finally:
        root.handlers, root.level = handlers, level
        logging.getLogger("uvicorn.access").disabled = disabled
    said = capsys.readouterr().out
    assert json.loads(said)["event"] == "fault"
    assert "ValueError" in said
    assert "a private matter" not in said
