"""What a supervisor that was killed has left, as the next one finds it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psutil
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


class TestManager:
    def test_ends_its_processes_when_nobody_reads_what_it_prints(self) -> None:
        """As after `run_local.sh | head`."""
        script = (
            "from devtools.processes import new_manager\n"
            "manager = new_manager()\n"
            "manager.add_process('quiet', 'exec sleep 300')\n"
            "manager.add_process('loud', 'while :; do echo line; sleep 0.05; done')\n"
            "manager.loop()\n"
        )
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as supervisor:
            assert supervisor.stdout is not None
            [quiet] = re.findall(r"quiet started \(pid=(\d+)\)", "".join(islice(supervisor.stdout, 3)))
            supervisor.stdout.close()
            supervisor.wait(60)
        assert not psutil.pid_exists(int(quiet))
