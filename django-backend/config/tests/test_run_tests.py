"""The second command: an environment from the pinned packages, the suite on servers of its own, an HTML report."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from config.environment import BACKEND_DIR, PROJECT_DIR

pytestmark = pytest.mark.stack
MONEY = "django-backend/apps/common/tests/test_money.py"


class TestEnvironment:
    def test_holds_the_pinned_packages(self) -> None:
        """S2-22: what runs here was installed from dev-requirements.txt, and Django finds nothing to complain about."""
        lines = (PROJECT_DIR / "dev-requirements.txt").read_text(encoding="utf-8").splitlines()
        pins = [Requirement(line.rstrip(" \\")) for line in lines if line and line[0].isalnum()]
        wanted = {pin.name: str(pin.specifier) for pin in pins if pin.marker is None or pin.marker.evaluate()}
        assert len(wanted) > 100
        assert {name: f"=={version(name)}" for name in wanted} == wanted
        subprocess.run([sys.executable, "manage.py", "check"], cwd=BACKEND_DIR, check=True)


class TestRunTests:
    def test_passes_arguments_on_and_writes_the_report(self, tmp_path: Path) -> None:
        """S3-10: from another directory, with a data folder of its own."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("COV_", "PYTEST_"))}
        for name in ("DATABASE_URL", "REDIS_URL"):
            environment.pop(name, None)
        environment |= {"VENV_DIR": sys.prefix, "COVERAGE_FILE": str(tmp_path / "coverage")}
        report, script = tmp_path / "report", PROJECT_DIR / "shell_scripts" / "run_tests.sh"
        measured = tmp_path / "coveragerc"  # a report of all files takes half a minute
        measured.write_text(f"[run]\nbranch = true\nsource = {BACKEND_DIR / 'apps' / 'common'}\n")
        options = ["--numprocesses", "1", "--cov-config", measured, "--cov-report", f"html:{report}"]
        done = subprocess.run(
            [script, MONEY, "-k", "TestRateToText", *options],
            cwd="/", env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 passed" in done.stdout
        assert (report / "index.html").exists()
