"""The migrated data folder that throw-away servers start from: kept until the migrations change."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest

from devtools import migrated
from devtools.embedded import throw_away_services
from devtools.server_account import Account, EmbeddedServiceError


class Project:
    """A project with one migration; `made` are the servers that were started to migrate."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, list[str]()
        self.migration = folder / "backend" / "apps" / "users" / "migrations" / "0001_initial.py"
        self.migration.parent.mkdir(parents=True)
        self.migration.write_text("first")
        (folder / "dev-requirements.txt").write_text("django==1")

    @contextmanager
    def server(self, folder: Path) -> Iterator[str]:
        (folder / "data").mkdir(parents=True)
        (folder / "password").write_text("secret")
        self.made.append(self.migration.read_text())
        yield str(folder)

    def copied(self) -> str:
        """Return what a copy has in it."""
        target = self.folder / f"copy-{os.urandom(4).hex()}"
        target.mkdir()
        migrated.copy_migrated(target, Account(os.geteuid(), os.getegid()), self.server)
        assert (target / "password").read_text() == "secret"
        return (target / "data" / "tables").read_text()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    (tmp_path / "state").mkdir()
    monkeypatch.setattr(migrated, "state_folder", lambda _: tmp_path / "state")
    monkeypatch.setattr(migrated, "PROJECT_DIR", tmp_path)
    monkeypatch.setattr(migrated, "BACKEND_DIR", tmp_path / "backend")
    monkeypatch.setattr(
        migrated, "_migrate", lambda address: (Path(address) / "data" / "tables").write_text(project.made[-1])
    )
    return project


def test_is_made_once_for_each_state_of_the_migrations(project: Project) -> None:
    assert [project.copied(), project.copied()] == ["first", "first"]
    project.migration.write_text("second")
    assert [project.copied(), project.copied()] == ["second", "second"]
    project.migration.with_name("0002_more.py").write_text("a new one")
    project.copied()
    (project.folder / "dev-requirements.txt").write_text("django==2")
    project.copied()
    assert project.made == ["first", "second", "second", "second"]
    assert len(list((project.folder / "state").glob("migrated-*"))) == 1, "earlier ones are gone"


def test_is_not_kept_when_the_migrations_fail(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(migrated, "_migrate", lambda _: (_ for _ in ()).throw(EmbeddedServiceError("no such column")))
        with pytest.raises(EmbeddedServiceError, match="no such column"):
            project.copied()
    assert project.copied() == "first"


@pytest.mark.stack
def test_an_old_copy_has_new_tables() -> None:
    """Else the health check of a stack would miss results that nobody could have made yet."""
    with (
        throw_away_services() as (postgres, _),
        closing(psycopg2.connect(postgres.url)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT now() - min(applied) < '1 hour' FROM django_migrations")
        assert cursor.fetchone() == (True,)
