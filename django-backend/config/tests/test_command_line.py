"""Every command of ours, and those of Django that the pages name, without a server: a sentence, never a traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.db import OperationalError, connection, transaction

from apps.common.database import is_unreachable
from config.command_line import UNAVAILABLE
from config.environment import BACKEND_DIR
from config.tests.processes import free_port

ARGUMENTS = {
    "erase_buyer": ["nobody@example.com"],
    "export_buyer": ["nobody@example.com"],
    "import_skybox_events": ["export.json", "--league", "NFL", "--season", "2025"],
    "truncate": ["--apps", "season_tickets", "--models", "WithheldSeat", "--no-input"],
}
OF_DJANGO = {
    "migrate": ["--check"],
    "showmigrations": [],
    "createsuperuser": ["--noinput", "--email", "somebody@example.com"],
    "shell": ["--command", "from apps.users.models import User; User.objects.count()"],
    "shell_plus": ["--plain", "--command", "User.objects.count()"],
    "dbshell": [],
    "runserver": ["0"],
    "runserver_plus": ["0"],
}
ASKS_STRIPE_ALONE = {"stripe_webhook_endpoint"}
OURS = sorted({name for name, app in get_commands().items() if app.startswith("apps.")} - ASKS_STRIPE_ALONE)
# One process for all of them: what takes long is starting Django. Between two it says which and how the last one ended.
RUN = """
import json, os, sys
from devtools import running_product
from pathlib import Path
running_product.state_folders = lambda project: (Path("/nowhere"),)
running_product.BACKEND_DIR = Path("/nowhere")
from config.command_line import main
for name, arguments in json.loads(sys.argv[1]).items():
    os.write(1, b"\\0" + name.encode() + b"\\0")
    try:
        code = main(["manage.py", name, *arguments])
    except SystemExit as end:
        code = end.code
    os.write(1, b"\\0%d" % code)
"""


def run(folder: Path, commands: dict[str, list[str]], **variables: str) -> dict[str, tuple[int, str]]:
    """Run commands with these variables; return the exit code of each and everything that it has printed."""
    (folder / "export.json").write_text('{"rows": []}', encoding="utf-8")
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    report = {
        "GITHUB_ACCESS_TOKEN": "t", "WEEKLY_REPORT_REPOSITORIES": "a/b", "STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID": "C1",
        "GITHUB_API_URL": f"http://127.0.0.1:{free_port()}",
    }  # fmt: skip
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "PYTHONPATH": str(BACKEND_DIR)}
    done = subprocess.run(
        [sys.executable, "-u", "-c", RUN, json.dumps(commands)],
        cwd=folder, env=inherited | report | settings | variables,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
    )  # fmt: skip
    _, *parts = done.stdout.split("\0")
    assert len(parts) == 3 * len(commands), done.stdout
    names, said, codes = parts[::3], parts[1::3], parts[2::3]
    return {name: (int(code), words.strip()) for name, words, code in zip(names, said, codes, strict=True)}


def ours() -> dict[str, list[str]]:
    return {name: ARGUMENTS.get(name, []) for name in OURS}


def url_of(database: str) -> str:
    there = connection.settings_dict
    return f"postgres://{there['USER']}:{there['PASSWORD']}@{there['HOST']}:{there['PORT']}/{database}"


@pytest.fixture
def empty_database(transactional_db: None) -> Iterator[str]:
    """The address of a database without tables."""
    name = f"{connection.settings_dict['NAME']}_empty"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    yield url_of(name)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


class TestWithoutDatabase:
    def test_every_command_says_that_it_cannot_be_reached(self, tmp_path: Path) -> None:
        url = f"postgres://u:secret@127.0.0.1:{free_port()}/d"
        for name, (code, words) in run(tmp_path, ours() | OF_DJANGO, DATABASE_URL=url).items():
            assert code == UNAVAILABLE, (name, words)
            *before, sentence = words.splitlines()
            assert sentence.startswith("The database cannot be reached: connection to server"), (name, words)
            assert before == [] or name in {"shell", "shell_plus"}, "nothing is said to be done, or broken"

    def test_where_none_is_named_it_says_what_to_start(self, tmp_path: Path) -> None:
        said = run(tmp_path, ours() | OF_DJANGO, PGPORT=str(free_port()))
        sentence = "shell_scripts/run_local.sh is not running: start it in another terminal, or set DATABASE_URL"
        for name, (code, words) in said.items():
            assert code == UNAVAILABLE, (name, words)
            assert words.splitlines()[-1].startswith(sentence), (name, words)

    def test_commands_that_need_none_work(self, tmp_path: Path) -> None:
        commands = {"check": [], "makemigrations": ["--check", "--dry-run"], "spectacular": ["--file", "api.yaml"]}
        commands |= {"diffsettings": [], "sqlsequencereset": ["listings"]}
        helped = {name: ["--help"] for name in (*OURS, "runserver", "dbshell")}
        said = run(tmp_path, commands | helped, PGPORT=str(free_port()))
        assert {name: code for name, (code, _) in said.items() if code} == {}


class TestWithoutTables:
    def test_every_command_says_so(self, tmp_path: Path, empty_database: str) -> None:
        said = run(tmp_path, ours(), DATABASE_URL=empty_database)
        for name, (code, words) in said.items():
            assert code != 0, (name, words)
            assert len(words.splitlines()) == 1, (name, words)
        others = {name: words for name, (_, words) in said.items() if name not in ARGUMENTS}
        migrate = "The database lacks migrations of this release: run `python manage.py migrate`."
        assert set(others.values()) == {migrate}


@pytest.mark.django_db(transaction=True)
class TestWithoutRedis:
    def test_every_command_works(self, tmp_path: Path) -> None:
        """Facts are in PostgreSQL; messages wait in the outbox. Exit codes are those of the commands."""
        url = url_of(connection.settings_dict["NAME"])
        said = run(tmp_path, ours(), DATABASE_URL=url, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
        unknown = {"import_skybox_events": 2, "erase_buyer": 1, "export_buyer": 1}  # no such league, no such buyer
        refused = {"check_invariants": 1, **unknown}  # beat has not run
        assert {name: code for name, (code, _) in said.items() if code} == refused
        assert [name for name, (_, words) in said.items() if "Traceback" in words] == []
        assert "of 20 invariants are broken." in said["check_invariants"][1]

    def test_one_that_must_have_it_says_so(self, tmp_path: Path) -> None:
        command = {"shell": ["--command", "from django.core.cache import caches; caches['direct'].get('x')"]}
        url = f"redis://127.0.0.1:{free_port()}/0"
        said = run(tmp_path, command, DATABASE_URL="postgres://u@127.0.0.1:1/d", REDIS_URL=url)
        code, words = said["shell"]
        assert code == UNAVAILABLE
        assert words.splitlines()[-1].startswith("Redis cannot be reached: ")


@pytest.mark.django_db(transaction=True)
class TestIsUnreachable:
    def test_knows_a_server_that_went_away(self) -> None:
        with connection.cursor() as cursor, pytest.raises(OperationalError) as caught:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        connection.close()
        assert is_unreachable(caught.value)

    def test_knows_a_server_that_only_refuses(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 1")
            with pytest.raises(OperationalError) as caught:
                cursor.execute("SELECT pg_sleep(1)")
            transaction.set_rollback(True)
        assert not is_unreachable(caught.value)


def test_the_traceback_is_there_for_who_asks(tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": f"postgres://u@127.0.0.1:{free_port()}/d"}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings.local"}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--check", "--traceback"],
        cwd=BACKEND_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" in done.stderr
