"""The ways to run the suite: always on servers and settings of its own, whatever the shell says."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BACKEND_DIR, PROJECT_DIR
from config.tests.deployed import PROGRAMS
from config.tests.shims import clean_environment

pytestmark = pytest.mark.stack
# One test needs nothing, one the database, and every test empties the cache.
TESTS = ("apps/common/tests/test_decimals.py", "apps/common/tests/test_jobs.py")
CHOSEN = ("-k", "TestRateToText or test_sends_nothing_after_a_rollback")
# Of the shell of somebody who works on the product: the suite would fail on any of them.
OF_THE_PRODUCT = {
    "DJANGO_SETTINGS_MODULE": "config.settings.local",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/product",
    "DJANGO_DATABASES": "postgres://nobody@127.0.0.1:1/product",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "DJANGO_CACHES": "redis://127.0.0.1:1/0",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
}


def _run(*command: str | Path, cwd: Path, **variables: str) -> str:
    environment = clean_environment(**variables)
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_run_tests_passes_arguments_on_and_writes_the_report(tmp_path: Path) -> None:
    """S3-10: from another directory, with a data folder of its own."""
    report, measured = tmp_path / "report", tmp_path / "coveragerc"
    # A report of all files takes half a minute.
    measured.write_text(f"[run]\nbranch = true\nsource = {BACKEND_DIR / 'apps' / 'common'}\n")
    options = ("--numprocesses", "1", "--cov-config", measured, "--cov-report", f"html:{report}")
    script = PROJECT_DIR / "shell_scripts" / "run_tests.sh"
    tests = [f"django-backend/{test}" for test in TESTS]
    variables = {"VENV_DIR": sys.prefix, "COVERAGE_FILE": str(tmp_path / "coverage")} | OF_THE_PRODUCT
    assert "2 passed" in _run(script, *tests, *CHOSEN, *options, cwd=Path("/"), **variables)
    assert (report / "index.html").exists()


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("django-backend/apps/commno", "There is no django-backend/apps/commno."),
        (
            "django-backend/config/tests/test_nothing.py::test_it",
            "There is no django-backend/config/tests/test_nothing.py.",
        ),
        (
            "apps/common::x",
            "There is no apps/common here. Paths are those from the project's root: django-backend/apps/common::x",
        ),
    ],
)
def test_run_tests_names_a_path_that_does_not_exist(path: str, sentence: str) -> None:
    """Pytest in parallel would only say that no tests ran."""
    command = (PROJECT_DIR / "shell_scripts" / "run_tests.sh", "--collect-only", path)
    environment = clean_environment(VENV_DIR=sys.prefix)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, f"{sentence}\n")


@pytest.mark.parametrize(
    ("folder", "program", "shell"),
    [(PROJECT_DIR, "django-backend/manage.py", {}), (BACKEND_DIR, "manage.py", OF_THE_PRODUCT)],
    ids=["an empty shell", "a shell of the product"],
)
def test_coverage_measures_what_manage_test_runs(
    folder: Path, program: str, shell: dict[str, str], tmp_path: Path
) -> None:
    """S2-27: the three commands, from the project's folder and from that of manage.py."""
    coverage, report = PROGRAMS / "coverage", tmp_path / "htmlcov"
    variables = {"COVERAGE_FILE": str(tmp_path / "coverage")} | shell
    tests = [BACKEND_DIR / test for test in TESTS]
    assert "2 passed" in _run(coverage, "run", program, "test", *tests, *CHOSEN, cwd=folder, **variables)
    _run(coverage, "html", "--include", "*/apps/common/*", "--directory", report, cwd=folder, **variables)
    page = (report / "index.html").read_text()
    assert "decimals.py" in page
    assert "jobs.py" in page
