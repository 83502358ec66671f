"""What a supervisor that was killed has left, as the next one finds it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devtools import processes as local_processes
from devtools.processes import end_left_overs

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
WILLING = "import time; print('up', flush=True); time.sleep(60)"


@contextmanager
def left_over(state: Path, script: str) -> Iterator["subprocess.Popen[str]"]:
    environment = os.environ | {local_processes._STATE: str(state)}
    process = subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_processes, "_SECONDS_TO_END", 0.5)


class TestLeftOvers:
    def test_of_this_folder_end_and_others_stay(self, tmp_path: Path) -> None:
        mine, other = tmp_path / "mine", tmp_path / "mine too"
        with (
            left_over(mine, WILLING) as willing,
            left_over(mine, STUBBORN) as stubborn,
            left_over(other, WILLING) as own,
        ):
            assert end_left_overs(mine, {}) == 2
            assert None not in {willing.wait(120), stubborn.wait(120)}
            assert own.poll() is None
            assert end_left_overs(mine, {}) == 0

    def test_are_found_by_what_a_supervisor_starts(self, tmp_path: Path) -> None:
        environment: dict[str, str] = {}
        assert end_left_overs(tmp_path, environment) == 0
        assert environment == {local_processes._STATE: str(tmp_path)}, "of all that the supervisor starts"
