"""Programs that only write down how they were called, and a terminal to run scripts on."""

import os
import pty
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config.environment import PROJECT_DIR

_SHIM = """#!/bin/bash
# Writes name and arguments; answers and fails as the test says.
line=${0##*/}
for argument in "$@"; do line="$line|$argument"; done
printf '%s\\n' "$line" >>"$SHIM_CALLS"
plain=${line//|/ }
case $plain in
"heroku config:get "*) for pair in $SHIM_CONFIG; do [ "$2" != "${pair%%=*}" ] || printf '%s\\n' "${pair#*=}"; done ;;
"heroku config:set "*) echo "$2" ;; # the real one prints the value
"id -u") echo 1000 ;;
"sudo "*) exec "$@" ;;
esac
[ -z "$SHIM_FAILS" ] || [[ $plain != *$SHIM_FAILS* ]] || { echo "the stand-in fails" >&2; exit 1; }
"""


Done = subprocess.CompletedProcess[str]
# Of our own environment a script under test gets these. conftest.py makes sure that it notices anything more.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")


def clean_environment(**variables: str) -> dict[str, str]:
    """Return the environment of a script under test: nothing of ours but the paths, and these variables."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | variables


@dataclass
class Scripts:
    """A copy of shell_scripts/ in a folder with a space, and stand-ins of the programs that they call."""

    project: Path
    calls_file: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, script: str, *arguments: str, fails: str = "", **variables: str) -> Done:
        """Run a script without a terminal, from another folder; the call that contains `fails` fails."""
        return subprocess.run(
            [str(self.project / "shell_scripts" / script), *arguments], cwd=self.calls_file.parent,
            env={**self.environment, "SHIM_FAILS": fails, **variables},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def on_terminal(self, script: str, *arguments: str, typed: str, **variables: str) -> tuple[int, str]:
        """Run a script on a terminal at which `typed` is typed; return exit code and what was to be read."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [str(self.project / "shell_scripts" / script), *arguments], cwd=self.calls_file.parent,
            env={**self.environment, **variables}, stdin=theirs, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        os.write(ours, typed.encode())
        seen = b"".join(_until_closed(ours))
        os.close(ours)
        return process.wait(60), seen.decode(errors="replace")

    def calls(self) -> list[str]:
        """Return the calls until now, arguments separated by `|`."""
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []


def _until_closed(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(descriptor, 4096)
        except OSError:  # Linux says EIO when the other side of a terminal is gone
            return
        if not part:
            return
        yield part


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    """The scripts with stand-ins of docker, heroku, git, sudo, systemctl, nginx and the interpreter."""
    project = tmp_path / "a project"
    shutil.copytree(PROJECT_DIR / "shell_scripts", project / "shell_scripts")
    (project / "django-backend").mkdir()
    shims, venv = tmp_path / "bin", tmp_path / "venv" / "bin"
    for folder, names in ((shims, "docker heroku git sudo systemctl nginx id"), (venv, "python")):
        folder.mkdir(parents=True)
        for name in names.split():
            (folder / name).write_text(_SHIM)
            (folder / name).chmod(0o755)
    calls = tmp_path / "calls"
    environment = {
        "PATH": f"{shims}:{os.environ['PATH']}", "HOME": str(tmp_path), "VENV_DIR": str(venv.parent),
        "SHIM_CALLS": str(calls), "SHIM_CONFIG": "", "SHIM_FAILS": "",
    }  # fmt: skip
    return Scripts(project, calls, environment)
