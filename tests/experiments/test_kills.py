"""Killed again and again while readers write: nothing acknowledged is lost, nothing is doubled, and it is soon back."""

import os
import random
import signal
from pathlib import Path

from tests.conftest import wait_for
from tests.experiments import ROUNDS, Writers, check, children, serving

# In seconds, from the start of the process to the first 200 of /readyz. A machine that is busy may take its time.
READY_WITHIN = 10


def test_killed_again_and_again_under_load(tmp_path: Path) -> None:
    choose = random.Random(20_261_124)
    took = []
    with serving(tmp_path) as served, Writers(served) as writers:
        for _ in range(ROUNDS):
            writers.wait_for_more(choose.randrange(10, 60))
            served.kill()
            took.append(served.start())
        writers.wait_for_more(10)
    check(writers, served.database)
    assert writers.statuses <= {202, 503}
    assert "right" in served.run("doctor")
    print(
        f"{ROUNDS} kills, {len(writers.acknowledged)} comments acknowledged, none lost or doubled; "
        f"ready again after {max(took):.2f} s at most, {sum(took) / len(took):.2f} s on average"
    )
    assert max(took) < READY_WITHIN


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as served:
        first = children(served)
        assert len(first) >= 2
        with Writers(served) as writers:
            writers.wait_for_more(20)
            os.kill(first[-1], signal.SIGKILL)
            wait_for(lambda: len(children(served)) >= 2 and first[-1] not in children(served))
            writers.wait_for_more(20)
        check(writers, served.database)
        assert writers.statuses == {202}
