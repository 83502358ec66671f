"""Checks that the release before this one survives the migrations of this one: `python -m devtools.migrations_safe`.

A deployment migrates first and then exchanges the processes: for some minutes the old code meets the new schema. What
it would not survive (a column dropped, renamed, of another type, or NOT NULL without a default of the database; a table
dropped or renamed; a new unique constraint) is reported, with exit code 1. Migrations that were judged are listed with
their reason in pyproject.toml, `[tool.migrations-safe]`. A development tool: production does not have its package.
"""

import logging
import sys
import tomllib
from collections.abc import Collection, Mapping

import django
from django.apps import apps
from django_migration_linter import MigrationLinter
from django_migration_linter.migration_linter import MessageType
from django_migration_linter.sql_analyser.base import Issue

from config.environment import PROJECT_DIR


class _Collector(MigrationLinter):
    """Keeps what the linter would print: it has no other output."""

    def __init__(self, labels: Collection[str]) -> None:
        super().__init__(include_apps=labels)
        self.found: dict[str, list[str]] = {}
        self._unsafe: str | None = None

    def print_linting_msg(self, app_label: str, migration_name: str, msg: str, lint_result: MessageType) -> None:
        self._unsafe = f"{app_label}.{migration_name}" if lint_result is MessageType.ERROR else None

    def print_errors(self, errors: list[Issue]) -> None:
        if self._unsafe:
            self.found[self._unsafe] = [issue.message for issue in errors]

    def print_warnings(self, warnings: list[Issue]) -> None:
        """The lock of a new index matters only for large tables: docs/deploy/index.md has the rule."""


def own_labels() -> list[str]:
    """Return the labels of the project's own apps; those of packages are reviewed when a package is upgraded."""
    return [config.label for config in apps.get_app_configs() if config.name.startswith("apps.")]


def unsafe_migrations(labels: Collection[str]) -> dict[str, list[str]]:
    """Return what the old code would not survive, as `{"app.0002_name": ["DROPPING columns"]}`."""
    collector = _Collector(labels)
    collector.lint_all_migrations()
    return collector.found


def known_migrations() -> dict[str, str]:
    """Return the judged migrations with their reasons, from pyproject.toml."""
    with (PROJECT_DIR / "pyproject.toml").open("rb") as file:
        known: dict[str, str] = tomllib.load(file)["tool"].get("migrations-safe", {})
    return known


def complaints(found: Mapping[str, Collection[str]], known: Mapping[str, str]) -> list[str]:
    """Return a line for each unsafe migration without a judgement, and for each judgement of a safe one."""
    new = [f"{name} is not safe for the old code: {', '.join(found[name])}" for name in sorted(found.keys() - known)]
    stale = [f"{name} is safe or gone: take it out of pyproject.toml" for name in sorted(known.keys() - found)]
    return new + stale


def main() -> int:
    """Print the complaints; return 1 if there are any."""
    django.setup()
    logging.disable(logging.INFO)
    lines = complaints(unsafe_migrations(own_labels()), known_migrations())
    for line in lines:
        print(line, file=sys.stderr)
    if lines:
        print("How to make it safe stands in docs/deploy/index.md, 'Migrations'.", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
