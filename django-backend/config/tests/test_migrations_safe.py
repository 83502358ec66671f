"""The check that a release's migrations are safe for the release before: it passes here, and it can fail."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from config.environment import PROJECT_DIR
from devtools.migrations_safe import complaints, known_migrations, own_labels, unsafe_migrations

pytestmark = pytest.mark.django_db

FIRST = """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Row", [("id", models.BigAutoField(primary_key=True)), ("seat", models.TextField())]),
    ]
"""
SECOND = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("{label}", "0001_initial")]
    operations = [{operation}]
"""

MakeApp = Callable[[str, str], str]


@pytest.fixture
def throw_away_app(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> MakeApp:
    """Return a maker of an installed app with one model and a second migration of the given operation."""

    def make(label: str, operation: str) -> str:
        folder = tmp_path / label / "migrations"
        folder.mkdir(parents=True)
        for package in (folder, folder.parent):
            (package / "__init__.py").touch()
        (folder / "0001_initial.py").write_text(FIRST)
        (folder / "0002_change.py").write_text(SECOND.format(label=label, operation=operation))
        monkeypatch.syspath_prepend(tmp_path)
        # Django would make every app ready again, and this one would begin a new admin site, without a page.
        monkeypatch.setattr("unfold.apps.DefaultAppConfig.ready", lambda _: None)
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, label]
        return label

    return make


@pytest.mark.django_db(transaction=True)  # an index that is built concurrently refuses to be within one
def test_every_migration_is_safe_or_judged() -> None:
    """S3-47: and no judged one stands in the list without need."""
    assert complaints(unsafe_migrations(own_labels()), known_migrations()) == []


def test_every_judged_migration_has_a_reason() -> None:
    assert all(len(reason) > 30 for reason in known_migrations().values())


@pytest.mark.parametrize(
    ("label", "operation", "issue"),
    [
        ("drops", 'migrations.RemoveField("row", "seat")', "DROPPING columns"),
        ("renames", 'migrations.RenameField("row", "seat", "chair")', "RENAMING columns"),
        ("deletes", 'migrations.DeleteModel("Row")', "DROPPING table"),
        ("retypes", 'migrations.AlterField("row", "seat", models.IntegerField())', "ALTERING columns"),
        (
            "requires",
            'migrations.AddField("row", "gate", models.TextField(default=""))',
            "NOT NULL constraint on columns",
        ),
    ],
)
def test_sees_what_the_old_code_does_not_survive(
    throw_away_app: MakeApp, label: str, operation: str, issue: str
) -> None:
    found = unsafe_migrations([throw_away_app(label, operation)])
    assert found.keys() == {f"{label}.0002_change"}
    assert issue in " ".join(found[f"{label}.0002_change"])
    assert complaints(found, {})[0].startswith(f"{label}.0002_change is not safe for the old code: ")


@pytest.mark.parametrize(
    ("label", "operation"),
    [
        ("adds_nullable", 'migrations.AddField("row", "gate", models.TextField(null=True))'),
        ("adds_default", 'migrations.AddField("row", "gate", models.TextField(db_default=""))'),
    ],
)
def test_lets_pass_what_the_old_code_does_not_notice(throw_away_app: MakeApp, label: str, operation: str) -> None:
    assert unsafe_migrations([throw_away_app(label, operation)]) == {}


def test_complains_about_a_judgement_that_is_out_of_date() -> None:
    assert complaints({}, {"listings.0099_gone": "why"}) == [
        "listings.0099_gone is safe or gone: take it out of pyproject.toml"
    ]


def test_lint_script_runs_the_check() -> None:
    script = (PROJECT_DIR / "shell_scripts/lint.sh").read_text()
    assert "python -m devtools.migrations_safe" in script
    assert "migrations-safe" in script.partition("checks=(")[2].partition(")")[0].split()
