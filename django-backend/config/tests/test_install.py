"""Every place that installs takes the locked packages, whatever was published since and whatever pip is there."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from config.environment import PROJECT_DIR
from config.tests.package_index import PackageIndex
from config.tests.shims import clean_environment

# The oldest pip that we support, by its wheel's hash.
OLDEST_PIP = "pip==23.0 --hash=sha256:b5f88adff801f5ef052bcdef3daa31b55eb67b0fccd6d0106c206fa248e0463c"
LOCKED = ("wanting", "locked", "extra")
_INSTALLED = (
    "from importlib.metadata import distributions; import json; "
    "print(json.dumps({each.name: each.version for each in distributions()}))"
)
_PIP_PROGRAM = "#!{python}\nfrom pip._internal.cli.main import main\nraise SystemExit(main())\n"


class Environment:
    """A virtual environment with one pip and nothing else in it; the index is all that this pip sees."""

    def __init__(self, folder: Path, index: PackageIndex) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        self.folder, self.python = folder, folder / "bin/python"
        self.site_packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
        (folder / "bin/pip").write_text(_PIP_PROGRAM.format(python=self.python))
        (folder / "bin/pip").chmod(0o755)
        self.variables = clean_environment(
            PATH=f"{folder}/bin:{os.environ['PATH']}", VENV_DIR=str(folder), PIP_INDEX_URL=index.url,
            PIP_CONFIG_FILE=os.devnull, PIP_NO_CACHE_DIR="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_RETRIES="0",
        )  # fmt: skip

    def run(self, command: str, *, cwd: Path) -> None:
        done = subprocess.run(
            ["bash", "-euc", command], cwd=cwd, env=self.variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def installed(self) -> dict[str, str]:
        """Return the version of every package but pip."""
        found: dict[str, str] = json.loads(subprocess.check_output([self.python, "-c", _INSTALLED], text=True))
        return {name: version for name, version in found.items() if name != "pip"}

    def empty(self) -> None:
        """Leave pip alone in it."""
        (self.folder / ".requirements").unlink(missing_ok=True)
        for path in self.site_packages.iterdir():
            if path.is_dir() and not path.name.startswith("pip"):
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()


def _put_own_pip(site_packages: Path) -> None:
    """The newest pip that we support is the locked one, which runs here."""
    for name in ("pip", f"pip-{distribution('pip').version}.dist-info"):
        shutil.copytree(distribution("pip").locate_file(name), site_packages / name)  # type: ignore[arg-type]


def _put_oldest_pip(site_packages: Path, folder: Path) -> None:
    if sys.version_info >= (3, 12):
        pytest.skip("pip 23.0 does not run on Python 3.12 and later")
    (folder / "pip.txt").write_text(OLDEST_PIP)
    download = ["download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--dest", folder]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *download, "--requirement", folder / "pip.txt"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert "DO NOT MATCH THE HASHES" not in done.stderr
    if done.returncode != 0:
        pytest.skip("pip 23.0 cannot be downloaded: no package index answers")
    (wheel,) = folder.glob("pip-*.whl")
    zipfile.ZipFile(wheel).extractall(site_packages)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> PackageIndex:
    """Release 1 of everything is locked, release 2 was published since; `locked` is wanted through an extra."""
    index = PackageIndex(tmp_path_factory.mktemp("index"))
    for version in ("1", "2"):
        index.add_wheel("wanting", version, metadata="Requires-Dist: locked[toml] (>=1)\n")
        index.add_wheel("locked", version, metadata='Provides-Extra: toml\nRequires-Dist: extra ; extra == "toml"\n')
        index.add_wheel("extra", version)
        index.add_setuptools(version)
        index.add_source("source", version)
    return index


@pytest.fixture(scope="module", params=["oldest", "newest"])
def _environment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, index: PackageIndex
) -> Environment:
    folder = tmp_path_factory.mktemp("pip")
    environment = Environment(folder / "venv", index)
    if request.param == "oldest":
        _put_oldest_pip(environment.site_packages, folder)
    else:
        _put_own_pip(environment.site_packages)
    return environment


@pytest.fixture
def environment(_environment: Environment) -> Iterator[Environment]:
    """An empty environment, with the oldest and with the newest pip that we support."""
    yield _environment
    _environment.empty()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with our scripts and no lock."""
    folder = tmp_path / "project"
    shutil.copytree(PROJECT_DIR / "shell_scripts", folder / "shell_scripts")
    (folder / "django-backend").mkdir()
    return folder


def _lock(project: Path, index: PackageIndex, packages: tuple[str, ...]) -> None:
    for name in ("dev", "prod", "poetry"):
        (project / f"{name}-requirements.txt").write_text("".join(index.pin(package, "1") for package in packages))


def _by_local_scripts(environment: Environment, project: Path) -> None:
    environment.run("source shell_scripts/environment.sh; ensure_environment", cwd=project)


def _by_create_requirements(environment: Environment, project: Path) -> None:
    (project / ".poetry-venv").symlink_to(environment.folder)
    poetry = environment.folder / "bin/poetry"
    poetry.write_text('#!/bin/sh\nfor file; do :; done; echo >"$file"\n')  # exports nothing
    poetry.chmod(0o755)
    environment.run("shell_scripts/create_requirements.sh poetry", cwd=project)


def _by_vps_page(environment: Environment, project: Path) -> None:
    (project / ".venv").symlink_to(environment.folder)
    page = (PROJECT_DIR / "docs/deploy/vps.md").read_text()
    commands = re.findall(r"^sudo -u season-tickets (\.venv/bin/pip .*)$", page, re.MULTILINE)
    environment.run("\n".join(commands), cwd=project)


def _by_vps_deploy(environment: Environment, project: Path) -> None:
    """Everything but pip is a program that does nothing."""
    (project / "production.env").write_text("")
    programs = project / "other/bin"
    programs.mkdir(parents=True)
    for name in ("git", "sudo", "systemctl", "nginx"):
        (programs / name).symlink_to("/bin/true")
    (programs / "python").write_text(f'#!/bin/sh\n[ "$1" = manage.py ] || exec {environment.python} "$@"\n')
    (programs / "python").chmod(0o755)
    deploy = "shell_scripts/vps_deploy.sh --env-file production.env"
    environment.run(f'VENV_DIR={programs.parent} PATH={programs}:"$PATH" {deploy}', cwd=project)


def _by_image(file_name: str) -> Callable[[Environment, Path], None]:
    def install(environment: Environment, project: Path) -> None:
        text = (PROJECT_DIR / file_name).read_text().replace("\\\n", " ")
        (command,) = re.findall(r"^RUN (.*pip install.*)$", text, re.MULTILINE)
        command = command.replace("/tmp/", f"{project}/").replace("/opt/venv", str(environment.folder))
        environment.run(command, cwd=project)

    return install


# The files that install packages, each with how it does.
WAYS = {
    "shell_scripts/environment.sh": _by_local_scripts,
    "shell_scripts/create_requirements.sh": _by_create_requirements,
    "shell_scripts/vps_deploy.sh": _by_vps_deploy,
    "docs/deploy/vps.md": _by_vps_page,
    **{file_name: _by_image(file_name) for file_name in ("Dockerfile", "Dockerfile-dev", "Dockerfile-prod")},
}


class TestInstall:
    @pytest.mark.parametrize("way", WAYS)
    def test_takes_the_locked_releases(
        self, way: str, environment: Environment, project: Path, index: PackageIndex
    ) -> None:
        """S2-22, S3-08: pip 23 took the newest release of what is wanted through an extra."""
        _lock(project, index, LOCKED)
        WAYS[way](environment, project)
        assert environment.installed() == dict.fromkeys(LOCKED, "1")

    @pytest.mark.parametrize("_environment", ["newest"], indirect=True)
    @pytest.mark.parametrize("way", WAYS)
    def test_fails_when_the_lock_lacks_a_package(
        self, way: str, environment: Environment, project: Path, index: PackageIndex
    ) -> None:
        _lock(project, index, ("wanting", "extra"))
        with pytest.raises(AssertionError, match="wanting 1 requires locked, which is not installed"):
            WAYS[way](environment, project)

    def test_builds_what_has_no_wheel_with_the_locked_setuptools(
        self, environment: Environment, project: Path, index: PackageIndex
    ) -> None:
        """Such as Redis on Python 3.13; left alone, pip fetches the newest setuptools for it."""
        _lock(project, index, ("source", "setuptools"))
        _by_local_scripts(environment, project)
        assert environment.installed() == {"source": "1", "setuptools": "1"}
        built_by = subprocess.check_output([environment.python, "-c", "import source; print(source.BUILT_BY)"])
        assert built_by == b"1\n"

    def test_happens_in_no_other_place(self) -> None:
        """A new one belongs into WAYS."""
        installs = r'\bpip(3?|\[@\]\}") ([^#`]* )?install\b|^make_environment '
        search = ["git", "-c", f"safe.directory={PROJECT_DIR}", "grep", "--untracked", "-lE", installs]
        left_out = (":!*/tests/*", ":!docs/adr", ":!CHANGELOG.md", ":!*.lock")
        found = subprocess.run(
            [*search, "--", ".", *left_out], cwd=PROJECT_DIR, check=True, capture_output=True, text=True
        )
        assert set(found.stdout.split()) == set(WAYS)
