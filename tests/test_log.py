"""What the log may not say."""

import json
import logging
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk here that is always full")
def test_where_nothing_can_be_said_the_work_goes_on() -> None:
    said = "from service import log; import structlog, sys; log.configure('json'); logger = structlog.get_logger()\n"
    said += "for number in range(10_000): logger.info('answered', number=number)\n"
    said += "sys.stderr.write('it went on')"
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = subprocess.run([sys.executable, "-c", said], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert "it went on" in done.stderr
    assert "Traceback" not in done.stderr.partition("it went on")[0]
