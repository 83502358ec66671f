"""TypeScript types made from docs/openapi.yaml: the README's tour fits them, and its mistakes do not."""

import shutil
import subprocess
from pathlib import Path

import pytest

from config.tests.clients import __file__ as clients
from config.tests.described_answers import DESCRIPTION

OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "ETIMEDOUT", "ENOTCACHED")
STRICT = ("--strict", "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "nodenext")
LOCKED = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries", "1")


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the locked tools, the tour and the types of the API."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node or npm is not installed")
    target = tmp_path_factory.mktemp("typescript-client")
    for name in ("package.json", "package-lock.json", "tour.ts"):
        shutil.copy(Path(clients).with_name(name), target / name)
    installed = run(target, npm, *LOCKED)
    if any(code in installed.stderr for code in OFFLINE):
        pytest.skip("no npm registry is reachable from here")
    assert installed.returncode == 0, installed.stderr
    made = run(target, "node_modules/.bin/openapi-typescript", DESCRIPTION, "--output", "api.ts")
    assert made.returncode == 0, made.stdout + made.stderr
    return target


class TestTypeScriptClient:
    def test_fits_the_tour_and_none_of_its_mistakes(self, folder: Path) -> None:
        checked = run(folder, "node_modules/.bin/tsc", *STRICT, "tour.ts")
        assert checked.returncode == 0, checked.stdout
