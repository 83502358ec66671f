"""Every command that the pages name, run as it stands there in a second terminal beside run_local.sh."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.environment import PROJECT_DIR
from config.tests.documented import ELSEWHERE, TRIED_ELSEWHERE, commands, pages, program_of, why_not_run
from config.tests.newcomer import RunLocal
from config.tests.newcomer import clone as clone  # noqa: PLC0414 - a fixture
from config.tests.processes import free_port, listening_process
from devtools.server_account import state_folder
from devtools.stand_ins import CHANNEL

SECOND_TERMINAL = "source .venv/bin/activate && cd django-backend"
DUMP = "season-tickets-20261121T020000Z.dump"
ANSWERS_ARE_TYPED = (" truncate ", " createsuperuser")
# What a command must end with when it is not 0, and say.
RESULTS = {
    "shell_scripts/backup.sh": (1, "Say where to"),
    f"shell_scripts/restore.sh /var/backups/season-tickets/{DUMP}": (1, "--force replaces them"),
    r"python manage.py showmigrations --plan | grep '\[ \]'": (1, ""),  # grep finds none
}
SPOKEN = {
    "python manage.py check_invariants": "ok      seats_active_once",
    "python manage.py make_statements": " made.",
    "python manage.py import_skybox_events FILE --league NFL --season 2025": "1 row: 1 created",
    "python manage.py weekly_issue_report --dry-run": "season-tickets/backend",
    "python manage.py createsuperuser": "Superuser created",
    "invoke --list": "init-db",
    "invoke init-db": "sample season",
    "../.venv/bin/celery -A config inspect active": "2 nodes online",
}
AFTERWARDS = ("python manage.py migrate", "invoke init-db", "shell_scripts/backup.sh --to FOLDER")
EXPORT = {
    "rows": [
        {
            "id": 1, "date": "2025-09-04T20:20:00", "name": "Dallas Cowboys at Philadelphia Eagles",
            "venue": {"id": 7, "name": "The Linc", "city": "Philadelphia", "timeZone": "America/New_York"},
        }
    ],
    "rowCount": 1,
}  # fmt: skip


def documented() -> list[str]:
    """Return the commands of all pages, each once, in their order."""
    return list(dict.fromkeys(command for page in pages() for command in commands(page.read_text(encoding="utf-8"))))


class TestPages:
    def test_name_no_program_that_nobody_has_judged(self) -> None:
        """A new one is run beside the product, or stands in documented.py with the reason why not."""
        ours = {"python", "invoke", "celery", "source", "createdb", "dropdb"}
        unknown = [
            command
            for command in documented()
            if why_not_run(command) is None
            and program_of(command) not in ours
            and not program_of(command).endswith(".sh")
        ]
        assert unknown == []

    def test_still_name_what_is_left_out(self) -> None:
        there = documented()
        assert [start for start in TRIED_ELSEWHERE if not any(command.startswith(start) for command in there)] == []
        assert set(ELSEWHERE) <= {program_of(command) for command in there}
        assert RESULTS.keys() | SPOKEN.keys() <= set(there)

    def test_say_how_the_second_terminal_is_made(self) -> None:
        assert SECOND_TERMINAL in commands((PROJECT_DIR / "README.md").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class SecondTerminal:
    """A shell in the clone with nothing of the first terminal's variables."""

    clone: Path
    backups: Path
    github: str
    variables: dict[str, str]

    def run(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run a documented command in the folder that the README says, words to be filled in filled in."""
        from_root = command.startswith(("shell_scripts/", "DATABASE_URL=", "createdb", "dropdb"))
        begin = f"{SECOND_TERMINAL}{' && cd ..' if from_root else ''}"
        return subprocess.run(
            ["bash", "-c", f"{begin} && {self._filled(command)}"], cwd=self.clone, env=self._environment(command),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def _filled(self, command: str) -> str:
        two_weeks_ago = datetime.now(UTC) - timedelta(days=14)
        words = {
            " FILE ": " nfl-2025.json ",
            "FOLDER": f"'{self.backups}'",
            "/var/backups/season-tickets": f"'{self.backups}'",
            "/var/lib/season-tickets/backups": f"'{self.backups}'",
            "<time>": "20261121T020000Z",
            "postgres://user:password@host:5432/name": self.variables["DATABASE_URL"],
            "2026-W47": f"{two_weeks_ago:%G-W%V}",  # a week that is over, whatever day it is
            " migrate <app> zero": " migrate reports zero && python manage.py migrate reports",
            "--force": "--force --yes" if "restore.sh" in command else "--force",
        }
        for word, filling in words.items():
            command = command.replace(word, filling)
        return command + (" --no-input" if any(asking in command for asking in ANSWERS_ARE_TYPED) else "")

    def _environment(self, command: str) -> dict[str, str]:
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment |= {"DJANGO_SUPERUSER_EMAIL": "second@example.com", "DJANGO_SUPERUSER_PASSWORD": "Row-Seat-20"}
        if "weekly_issue_report" in command:
            environment |= {
                "GITHUB_API_URL": self.github, "GITHUB_ACCESS_TOKEN": "ghp-sandbox",
                "WEEKLY_REPORT_REPOSITORIES": "season-tickets/backend", "STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID": CHANNEL,
            }  # fmt: skip
        if "celery" in command:
            environment["DJANGO_SETTINGS_MODULE"] = "config.settings.local"  # the runbook exports production's
        if "DATABASE_URL=" in command or "rehearsal" in command:
            environment |= own_postgresql(self.variables)
        return environment


def as_documented(command: str, done: "subprocess.CompletedProcess[str]") -> bool:
    """Return whether a command ended and spoke as it should."""
    code, words = RESULTS.get(command, (0, SPOKEN.get(command, "")))
    said = done.stdout + done.stderr
    if re.findall(r"^BROKEN +(\w+)", said, re.MULTILINE) == ["beat_runs"]:
        code = 1  # it has its first task done after a minute, and after a restore again
    return done.returncode == code and words in said and "Traceback" not in said


def noted(clone: Path) -> dict[str, str]:
    variables: dict[str, str] = json.loads((state_folder(clone) / "running.json").read_text(encoding="utf-8"))
    return variables


def own_postgresql(variables: dict[str, str]) -> dict[str, str]:
    """Let `localhost` be the server of the product, and its programs be installed: for pages that mean one's own."""
    url, programs = urlsplit(variables["DATABASE_URL"]), variables["PG_BIN"]
    return {
        "PGHOST": "127.0.0.1", "PGPORT": str(url.port), "PGUSER": str(url.username), "PGPASSWORD": str(url.password),
        "PG_BIN": programs, "PATH": f"{os.environ['PATH']}:{programs}",
    }  # fmt: skip


@pytest.fixture(scope="module")
def product(clone: Path) -> Iterator[RunLocal]:
    """The product in its terminal."""
    (clone / ".venv").symlink_to(os.environ.get("VIRTUAL_ENV") or Path(shutil.which("python") or "").parent.parent)
    run = RunLocal(clone, port=free_port())
    try:
        run.wait_for(r"^ready$")
        yield run
    finally:
        run.end()


@contextmanager
def local_github(clone: Path, folder: Path) -> Iterator[str]:
    port = free_port()
    command = [str(clone / ".venv" / "bin" / "python"), "-m", "sandbox.github", "--port", str(port)]
    with listening_process(command, port=port, cwd=clone / "django-backend", log=folder / "github.log"):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.stack
class TestCommands:
    def test_work_next_to_the_product(self, clone: Path, product: RunLocal, tmp_path: Path) -> None:
        """S2-23, S2-24, S2-26, S3-47: as they stand on the pages; a new one is run as well."""
        (clone / "django-backend" / "nfl-2025.json").write_text(json.dumps(EXPORT), encoding="utf-8")
        with local_github(clone, tmp_path) as github:
            terminal = SecondTerminal(clone, tmp_path / "back ups", github, noted(clone))
            saved = terminal.run("shell_scripts/backup.sh --to FOLDER")
            assert saved.returncode == 0, saved.stderr
            for made in terminal.backups.iterdir():
                name = DUMP + made.name.partition(".dump")[2]
                shutil.copy(made, clone / name)
                made.rename(terminal.backups / name)
            wrong = {}
            for command in documented():
                if why_not_run(command) is None:
                    if "backup.sh" in command:
                        time.sleep(1)  # all go to one folder, and are named by the second
                    done = terminal.run(command)
                    if not as_documented(command, done):
                        wrong[command] = (done.returncode, done.stdout[-2_000:], done.stderr[-2_000:])
            assert wrong == {}
            assert "Traceback" not in product.output

            product.interrupt()
            assert not (state_folder(clone) / "running.json").exists()
            for command in AFTERWARDS:
                done = terminal.run(command)
                assert done.returncode != 0
                assert done.stderr.startswith("shell_scripts/run_local.sh is not running: start it in another terminal")
                assert len(done.stderr.splitlines()) == 1
