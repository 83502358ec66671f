"""shell_scripts/audit.sh with a stand-in of pip-audit, first on the path of its environment."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import PROJECT_DIR
from config.tests.shims import clean_environment

# Runs what a test says, with the file that is asked about in $file and the report's path in $report.
STAND_IN = """#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in
    --requirement) file=$2 ;;
    --output) report=$2 ;;
    esac
    shift
done
"""
KNOWS_THE_VULNERABLE_ONE = 'case $file in */known) echo "jinja2 2.10" >"$report"; exit 1 ;; esac\n'


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Return a copy of the script in a project of its own."""
    folder = tmp_path / "a project/shell_scripts"
    folder.mkdir(parents=True)
    for name in ("audit.sh", "environment.sh"):
        shutil.copy(PROJECT_DIR / "shell_scripts" / name, folder)
    (folder.parent / "dev-requirements.txt").write_text("one==1\n")
    programs = folder.parent / ".venv/bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    shutil.copy(folder.parent / "dev-requirements.txt", folder.parent / ".venv/.requirements")
    return folder / "audit.sh"


def _run(script: Path, stand_in: str) -> subprocess.CompletedProcess[str]:
    program = script.parent.parent / ".venv/bin/pip-audit"
    program.write_text(STAND_IN + stand_in)
    program.chmod(0o755)
    file = script.parent.parent / "dev-requirements.txt"
    return subprocess.run([script, file], env=clean_environment(), check=False, capture_output=True, text=True)


def test_passes_when_nothing_is_known(script: Path) -> None:
    done = _run(script, KNOWS_THE_VULNERABLE_ONE + 'echo "[]" >"$report"')
    assert (done.returncode, done.stdout) == (0, "ok      audit of dev-requirements.txt\n")


def test_fails_for_a_finding(script: Path) -> None:
    done = _run(script, KNOWS_THE_VULNERABLE_ONE + 'echo "one 1 PYSEC-2026-1" >"$report"; exit 1')
    assert done.returncode == 1
    assert done.stdout.startswith("FAILED  audit of dev-requirements.txt\n")
    assert "PYSEC-2026-1" in done.stdout


def test_reports_a_network_that_cannot_be_reached_and_passes(script: Path) -> None:
    done = _run(script, 'echo "requests.exceptions.ConnectionError: no route" >&2; exit 1')
    assert done.returncode == 0
    assert done.stdout.startswith("skipped: offline (audit of dev-requirements.txt: requests.exceptions")


def test_does_not_take_a_mirror_without_advisories_for_a_clean_audit(script: Path) -> None:
    done = _run(script, 'echo "[]" >"$report"')
    assert done.returncode == 0
    assert done.stdout == "skipped: offline (this mirror of PyPI keeps no advisories)\n"


def test_fails_when_the_program_itself_is_broken(script: Path) -> None:
    done = _run(script, 'echo "invalid requirement" >&2; exit 2')
    assert done.returncode == 1
    assert "invalid requirement" in done.stdout


def test_names_a_file_that_is_not_there(script: Path) -> None:
    done = subprocess.run([script, "nowhere.txt"], env=clean_environment(), check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "nowhere.txt cannot be read" in done.stderr


def test_is_a_step_of_continuous_integration_after_the_lint() -> None:
    steps = (PROJECT_DIR / ".ci/run").read_text()
    assert steps.index("shell_scripts/lint.sh") < steps.index("shell_scripts/audit.sh")
