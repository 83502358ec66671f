"""backup.sh and restore.sh: what comes back is what was saved, or nothing is changed and a sentence says why."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest
from django.db import connection
from psycopg2 import sql

from apps.listings.testing.stories import on_sale
from apps.orders.models import Marketplace
from apps.orders.testing.stories import record, void
from config.environment import PROJECT_DIR
from config.tests.processes import wait_until
from config.tests.shims import clean_environment
from devtools.server_account import Account, server_programs

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
THINGS = {
    "constraints": "SELECT conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace ORDER BY 1",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "functions": "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    "sequences": "SELECT sequencename || ' ' || coalesce(last_value, 0) FROM pg_sequences ORDER BY 1",
}
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Database:
    """A database of the test server."""

    name: str

    @property
    def url(self) -> str:
        return self.url_with(connection.settings_dict["PASSWORD"])

    def url_with(self, password: str) -> str:
        there = connection.settings_dict
        return f"postgres://{there['USER']}:{quote(password, safe='')}@{there['HOST']}:{there['PORT']}/{self.name}"

    def ask(self, question: "str | sql.Composed") -> list[str]:
        with psycopg2.connect(self.url) as session, session.cursor() as cursor:
            cursor.execute(question)
            answer = [str(row[0]) for row in cursor.fetchall()] if cursor.description else []
        session.close()
        return answer

    def content(self) -> dict[str, list[str]]:
        """Return rows and the MD5 of their ordered text for each table, and every constraint, trigger, index, ….

        PostgreSQL writes casts and brackets of a condition in another way once it has read its own text, hence _plain.
        """
        rows = sql.SQL(
            "SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {} t"
        )
        tables = {name: self.ask(rows.format(sql.Identifier(name))) for name in self.ask(TABLES)}
        return tables | {name: [_plain(line) for line in self.ask(question)] for name, question in THINGS.items()}


def _plain(definition: str) -> str:
    return re.sub(r"::(text|character varying)(\[\])?|[() ]", "", definition)


@pytest.fixture
def original() -> Database:
    """The test's own database, with two sales, one of them void, and names that need care."""
    Marketplace.objects.get_or_create(code="stubhub", defaults={"name": 'Stub\t"Hub"\\n\'ü 🎟'})
    record(on_sale(), "1")
    void(record(on_sale(), "2"))
    return Database(connection.settings_dict["NAME"])


@pytest.fixture
def copy(original: Database) -> Iterator[Database]:
    """A second, empty database."""
    database = Database(f"{original.name}_copy")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {database.name}")
        cursor.execute(f"CREATE DATABASE {database.name}")
    yield database
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {database.name} WITH (FORCE)")


def script(name: str, *arguments: str, url: str, cwd: Path, **variables: str) -> Done:
    programs = str(server_programs(Account.for_servers())[0])
    return subprocess.run(
        [str(PROJECT_DIR / "shell_scripts" / name), *arguments], cwd=cwd,
        env=clean_environment(**{"PG_BIN": programs, "DATABASE_URL": url, **variables}),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def _programs(folder: Path, **texts: str) -> Path:
    """Make stand-ins of PostgreSQL's programs; return their folder."""
    shims = folder / "shims"
    shims.mkdir()
    for name, text in texts.items():
        (shims / name).write_text(f"#!/bin/bash\n{text}\n")
        (shims / name).chmod(0o755)
    return shims


def backup(database: Database, folder: Path) -> Path:
    done = script("backup.sh", "--to", "my backups", url=database.url, cwd=folder)
    assert done.returncode == 0, done.stderr
    (file,) = (folder / "my backups").glob("*.dump")
    return file


def restore(file: Path, database: Database, *options: str) -> Done:
    return script("restore.sh", file.name, *options, url=database.url, cwd=file.parent)


class TestRoundTrip:
    def test_brings_everything_back(self, original: Database, copy: Database, tmp_path: Path) -> None:
        """Rows of every table, triggers, constraints, indexes, functions, sequences; for the eyes of one account."""
        before = original.content()
        file = backup(original, tmp_path)
        done = restore(file, copy)
        assert done.returncode == 0, done.stderr
        assert copy.content() == before
        assert [before[table][0].split()[0] for table in ("orders_sale", "listings_listing")] == ["2", "2"]
        assert len(before["triggers"]) > 10
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert original.content() == before

    def test_append_only_rows_are_append_only_again(self, original: Database, copy: Database, tmp_path: Path) -> None:
        restore(backup(original, tmp_path), copy)
        with pytest.raises(psycopg2.Error, match="Cannot update or delete rows"):
            copy.ask("DELETE FROM listings_listingevent")

    def test_force_replaces_what_is_there(self, original: Database, copy: Database, tmp_path: Path) -> None:
        """Also what came after the backup: a table with a foreign key, a type, a view, rows."""
        before = original.content()
        file = backup(original, tmp_path)
        restore(file, copy)
        copy.ask(
            "CREATE TYPE mood AS ENUM ('sad');"
            "CREATE TABLE newer (mood mood, listing uuid REFERENCES listings_listing);"
            "CREATE VIEW seen AS SELECT * FROM newer; DELETE FROM django_session;"
            "INSERT INTO orders_marketplace SELECT gen_random_uuid(), now(), now(), 'newer', 'Newer', true"
        )
        assert copy.content() != before
        done = restore(file, copy, "--force", "--yes")
        assert done.returncode == 0, done.stderr
        assert copy.content() == before
        assert copy.ask("SELECT typname FROM pg_type WHERE typname = 'mood'") == []


class TestRestoreRefuses:
    def test_database_with_something_in_it(self, original: Database, tmp_path: Path) -> None:
        file = backup(original, tmp_path)
        before = original.content()
        refused, unasked = restore(file, original), restore(file, original, "--force")
        assert (refused.returncode, unasked.returncode) == (1, 1)
        assert "The database is not empty" in refused.stderr
        assert "say --yes" in unasked.stderr
        assert original.content() == before

    def test_damaged_file(self, original: Database, copy: Database, tmp_path: Path) -> None:
        file = backup(original, tmp_path)
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        done = restore(file, copy)
        assert done.returncode == 1
        assert "is damaged" in done.stderr
        assert copy.ask(TABLES) == []

    def test_file_without_checksum(self, original: Database, copy: Database, tmp_path: Path) -> None:
        file = backup(original, tmp_path)
        Path(f"{file}.sha256").unlink()
        assert "nobody knows whether the backup is whole" in restore(file, copy).stderr
        assert copy.ask(TABLES) == []

    def test_file_that_ends_too_early(self, original: Database, copy: Database, tmp_path: Path) -> None:
        """With a checksum that fits: the last rows are missing, so nothing is there."""
        file = backup(original, tmp_path)
        file.write_bytes(file.read_bytes()[:-100])
        Path(f"{file}.sha256").write_text(hashlib.sha256(file.read_bytes()).hexdigest() + "  x\n")
        done = restore(file, copy)
        assert done.returncode == 1
        assert "could not be restored" in done.stderr
        assert copy.ask(TABLES) == []

    @pytest.mark.parametrize("forced", [False, True])
    def test_restore_that_breaks_off_changes_nothing(
        self, original: Database, copy: Database, tmp_path: Path, forced: bool
    ) -> None:
        """One transaction: pg_restore dies between two statements, after the tables and before their rows."""
        file = backup(original, tmp_path)
        if forced:
            restore(file, copy)
        before = copy.content()
        programs = server_programs(Account.for_servers())[0]
        (tmp_path / "psql").symlink_to(programs / "psql")
        dying = tmp_path / "pg_restore"
        dying.write_text(
            f'#!/bin/bash\n"{programs}/pg_restore" "$@" | sed "/^-- Data for Name/,\\$d"\n[ "$1" = --list ]\n'
        )
        dying.chmod(0o755)
        options = ["--force", "--yes"] if forced else []
        done = script("restore.sh", str(file), *options, url=copy.url, cwd=tmp_path, PG_BIN=str(tmp_path))
        assert done.returncode == 1
        assert "could not be restored" in done.stderr
        assert copy.content() == before
        assert bool(copy.ask(TABLES)) == forced

    def test_restore_that_is_ended_changes_nothing(self, original: Database, copy: Database, tmp_path: Path) -> None:
        """TERM comes after the rows and before the end; psql goes too, which would commit on its own later on."""
        file = backup(original, tmp_path)
        programs = server_programs(Account.for_servers())[0]
        waits = f'[ "$1" = --list ] || {{ touch {tmp_path}/sent; until [ -e {tmp_path}/go ]; do sleep 0.05; done; }}'
        shims = _programs(tmp_path, pg_restore=f'"{programs}/pg_restore" "$@"\n{waits}')
        (shims / "psql").symlink_to(programs / "psql")
        process = subprocess.Popen(
            [str(PROJECT_DIR / "shell_scripts/restore.sh"), str(file)], stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "PG_BIN": str(shims), "DATABASE_URL": copy.url},
        )  # fmt: skip
        sessions = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{copy.name}' AND application_name = 'psql'"
        wait_until((tmp_path / "sent").exists)
        wait_until(lambda: original.ask(sessions) == ["1"])
        process.terminate()
        assert process.wait(120) != 0
        (tmp_path / "go").touch()
        wait_until(lambda: original.ask(sessions) == ["0"])
        assert copy.ask(TABLES) == []

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ((), "Name the file"),
            (("nothing.dump",), "There is no file nothing.dump"),
            (("a", "b"), "One file at a time"),
        ],
    )
    def test_wrong_arguments(self, tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
        done = script("restore.sh", *arguments, url="postgres://localhost/none", cwd=tmp_path)
        assert done.returncode == 1
        assert sentence in done.stderr


class TestBackup:
    def test_keeps_the_newest(self, original: Database, tmp_path: Path) -> None:
        names = [f"season-tickets-2026010{day}T020000Z.dump" for day in range(1, 5)]
        for name in (*names, "notes.dump"):
            (tmp_path / name).touch()
            (tmp_path / f"{name}.sha256").touch()
        done = script("backup.sh", "--to", ".", "--keep", "3", url=original.url, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        (newest,) = {path.name for path in tmp_path.glob("season*.dump")} - set(names)
        assert {path.name for path in tmp_path.iterdir()} == {
            f"{name}{end}" for name in (*names[2:], newest, "notes.dump") for end in ("", ".sha256")
        }

    def test_failure_leaves_no_file_and_deletes_none(self, original: Database, tmp_path: Path) -> None:
        (tmp_path / "season-tickets-20260101T020000Z.dump").touch()
        url = original.url_with("wrong-7d1")
        done = script("backup.sh", "--to", ".", "--keep", "1", url=url, cwd=tmp_path)
        assert done.returncode == 1
        assert "password authentication failed" in done.stderr
        assert "could not be saved; the line above says why" in done.stderr
        assert "7d1" not in done.stdout + done.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["season-tickets-20260101T020000Z.dump"]

    @pytest.mark.parametrize("code", [0, 1])
    def test_file_that_ends_too_early_is_none(self, original: Database, tmp_path: Path, code: int) -> None:
        """Its table of contents is whole. With code 0: what a disk or a network folder may do to the last blocks."""
        programs = server_programs(Account.for_servers())[0]
        shims = _programs(tmp_path, pg_dump=f'"{programs}/pg_dump" "$@"; truncate --size=-100 "${{!#}}"; exit {code}')
        (shims / "pg_restore").symlink_to(programs / "pg_restore")
        done = script("backup.sh", "--to", "out", url=original.url, cwd=tmp_path, PG_BIN=str(shims))
        assert done.returncode == 1
        assert "No file was made." in done.stderr
        assert list((tmp_path / "out").iterdir()) == []

    def test_full_disk_leaves_no_file(self, original: Database, tmp_path: Path) -> None:
        """No file may grow beyond 64 KB, and nobody is killed for trying: what pg_dump sees is a failed write."""
        limited = f'#!/bin/bash\ntrap "" XFSZ\nulimit -f 64\nexec "{PROJECT_DIR}/shell_scripts/backup.sh" "$@"\n'
        (tmp_path / "limited").write_text(limited)
        (tmp_path / "limited").chmod(0o755)
        done = script(str(tmp_path / "limited"), "--to", "out", url=original.url, cwd=tmp_path)
        assert done.returncode == 1
        assert "could not be saved; the line above says why. No file was made." in done.stderr
        assert list((tmp_path / "out").iterdir()) == []

    def test_term_leaves_no_file_and_no_pg_dump(self, tmp_path: Path) -> None:
        """Cron or a service manager may end the script alone; what a lost machine left goes with the next backup."""
        endless = f'echo half >"${{!#}}"; echo $$ >"{tmp_path}/pid"; exec sleep 600'
        shims = _programs(tmp_path, pg_dump=endless, pg_restore="")
        out = tmp_path / "out"
        out.mkdir()
        for name in ("old.dump.7.unfinished", "new.dump.7.unfinished"):
            (out / f".season-tickets-{name}").touch()
        os.utime(out / ".season-tickets-old.dump.7.unfinished", (0, 0))
        process = subprocess.Popen(
            [str(PROJECT_DIR / "shell_scripts/backup.sh"), "--to", str(out)],
            env={"PATH": os.environ["PATH"], "PG_BIN": str(shims), "DATABASE_URL": "postgres://u@localhost/x"},
        )
        wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n"))
        assert len(list(out.iterdir())) == 2
        process.terminate()
        assert process.wait(120) != 0
        assert [path.name for path in out.iterdir()] == [".season-tickets-new.dump.7.unfinished"]
        dump = Path("/proc") / (tmp_path / "pid").read_text().strip() / "stat"
        if Path("/proc/self/stat").exists():
            wait_until(lambda: not dump.exists() or ") Z " in dump.read_text())

    def test_password_may_hold_anything(self, original: Database, tmp_path: Path) -> None:
        """And it reaches pg_dump by the environment: arguments are visible to every account."""
        password = "p%40 @:/?#\\n'\"$x`"
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE IF EXISTS saver")
            cursor.execute("CREATE ROLE saver LOGIN SUPERUSER PASSWORD %s", [password])
        try:
            url = original.url_with(password).replace("//postgres:", "//saver:")
            done = script("backup.sh", "--to", ".", url=url, cwd=tmp_path)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP ROLE saver")
        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize(
        ("arguments", "url", "sentence"),
        [
            ((), "postgres://localhost/x", "Say where to"),
            (("--to", "x", "--keep", "0"), "postgres://localhost/x", "--keep needs a whole number"),
            (("--to", "x"), "mysql://u:secret-7d1@localhost/x", "has not the form"),
            (("--to", "x"), "postgres://u:secret-7d1@localhost", "has not the form"),
            (
                ("--to", "x"),
                "postgres://u@localhost/x?a=b&password=secret-7d1",
                "every account of the machine would see",
            ),
        ],
    )
    def test_refuses(self, tmp_path: Path, arguments: tuple[str, ...], url: str, sentence: str) -> None:
        done = script("backup.sh", *arguments, url=url, cwd=tmp_path)
        assert done.returncode == 1
        assert sentence in done.stderr
        assert "7d1" not in done.stderr
        assert list(tmp_path.iterdir()) == []

    def test_asks_for_the_database_where_no_product_can_run(self, tmp_path: Path) -> None:
        """A machine without the virtual environment; where that is, test_documented_commands.py."""
        done = script("backup.sh", "--to", "x", url="", cwd=tmp_path, VENV_DIR=str(tmp_path))
        assert done.returncode == 1
        assert "Name the database" in done.stderr

    @pytest.mark.parametrize("name", ["backup.sh", "restore.sh"])
    @pytest.mark.parametrize(
        ("programs", "module"),
        [
            (("python",), ""),  # prod-requirements.txt
            (("python",), "config.settings.production"),
            (("python", "honcho"), "config.settings.production"),
        ],
    )
    def test_looks_for_no_local_product_on_a_server(
        self, tmp_path: Path, name: str, programs: tuple[str, ...], module: str
    ) -> None:
        (tmp_path / "bin").mkdir()
        for program in programs:
            (tmp_path / "bin" / program).symlink_to(shutil.which("echo") or "")
        for file in ("x", "x.sha256"):
            (tmp_path / file).touch()
        arguments = ("--to", "out") if name == "backup.sh" else ("x",)
        variables = {"VENV_DIR": str(tmp_path), **({"DJANGO_SETTINGS_MODULE": module} if module else {})}
        done = script(name, *arguments, url="", cwd=tmp_path, **variables)
        assert done.returncode == 1
        assert done.stderr == "Name the database: DATABASE_URL=postgres://user:password@host:5432/name\n"

    def test_missing_programs_are_named(self, tmp_path: Path) -> None:
        url = "postgres://localhost/x"
        done = script("backup.sh", "--to", "x", url=url, cwd=tmp_path, PG_BIN=str(tmp_path))
        assert done.returncode == 1
        assert "pg_restore was not found. Install PostgreSQL's client programs" in done.stderr
