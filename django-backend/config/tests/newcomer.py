"""The product as a newcomer starts it: run_local.sh from a fresh copy of the project, in a folder with spaces."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.environment import PROJECT_DIR
from devtools.server_account import state_folder

_MARK = "RUN_LOCAL_TEST"
_SILENCED = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PYTHONPATH")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a copy of what git knows, in a folder with a space in its name."""
    if not (PROJECT_DIR / ".git").exists():
        pytest.skip("not a git checkout: which files belong to the project is not known")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_DIR, capture_output=True, check=True,
    )  # fmt: skip
    target = tmp_path_factory.mktemp("a newcomer") / "my clone"
    for name in filter(None, listing.stdout.decode().split("\0")):
        if (PROJECT_DIR / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT_DIR / name, target / name)
    yield target
    shutil.rmtree(state_folder(target), ignore_errors=True)


class RunLocal:
    """One run of the script; `output` is what its terminal would show."""

    def __init__(self, clone: Path, *arguments: str, port: int, **variables: str) -> None:
        self.port, self.mark = port, uuid.uuid4().hex
        self.log = clone.parent / f"{self.mark}.log"
        environment = {
            k: v for k, v in os.environ.items() if k not in _SILENCED and not k.startswith(("COV_", "PYTEST_"))
        }
        environment |= {
            "VENV_DIR": sys.prefix,
            "PYTHON": sys.executable,
            "PORT": str(port),
            _MARK: self.mark,
            **variables,
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [clone / "shell_scripts" / "run_local.sh", *arguments],
                cwd="/", env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, pattern: str, seconds: float = 90) -> re.Match[str]:
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.output, re.MULTILINE)):
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)
        return found

    def interrupt(self) -> int:
        """Press Ctrl-C: the terminal signals the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)

    def left_overs(self) -> list[psutil.Process]:
        """Return the processes of this run that are still there."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(_MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def end(self) -> None:
        if self.process.poll() is None:
            self.interrupt()
        for process in self.left_overs():
            process.kill()
