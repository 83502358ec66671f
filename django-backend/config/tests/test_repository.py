"""Facts about the repository: what is tracked, which documents exist, and that what they name is there."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from config.environment import BACKEND_DIR, PROJECT_DIR
from config.tests.shims import clean_environment

SCRIPTS = sorted((PROJECT_DIR / "shell_scripts").glob("*.sh"))
SOURCED = {"environment.sh", "terminal.sh", "database.sh"}
DOCUMENTS = sorted([*PROJECT_DIR.glob("*.md"), *(PROJECT_DIR / "docs").rglob("*.md")])
RECORDS = sorted((PROJECT_DIR / "docs/adr").glob("0*.md"))

HOMES = (PROJECT_DIR, BACKEND_DIR, BACKEND_DIR / "apps", PROJECT_DIR / "deploy")
FILE = re.compile(r"\.(py|md|sh|ya?ml|toml|conf|json|html|txt|css|lock|cfg)$")
# What people or programs make, and what guides to the original name.
MADE = {
    *("deploy/.env", "django-backend/.env.dev", "django-backend/RELEASE", "htmlcov/index.html", "nfl-2025.json"),
    *("requirements/local.txt", ".venv/bin"),
}

SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(sk|rk)_(live|test)_[0-9A-Za-z]{16,}"  # Stripe
    r"|\bwhsec_[0-9A-Za-z]{16,}"
    r"|\bAKIA[0-9A-Z]{16}\b"  # AWS
    r"|\bxox[abpr]-[0-9A-Za-z-]{10,}"  # Slack
    r"|\bgh[pousr]_[0-9A-Za-z]{36}\b"  # GitHub
)


def git(*arguments: str) -> str:
    """Return the output of a git command, or skip where the project is no checkout."""
    if shutil.which("git") is None or not (PROJECT_DIR / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-c", f"safe.directory={PROJECT_DIR}", *arguments]
    done = subprocess.run(command, check=False, cwd=PROJECT_DIR, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def repository_files() -> list[str]:
    """Return the paths of all files that are, or would be, tracked."""
    paths = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return [path for path in paths if path and (PROJECT_DIR / path).is_file()]


def sections(text: str) -> set[str]:
    """Return the names that GitHub gives to the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def not_there(text: str) -> list[str]:
    """Return what looks like a path of ours, or the end of one, between backticks, and does not exist."""
    there = [f"/{path}" for path in repository_files()]
    folders = {folder.name for home in HOMES for folder in home.iterdir() if folder.is_dir()}
    spans = [span.rstrip("/") for span in re.findall(r"`([\w.-][\w./-]*)`", text)]
    ours = [span for span in spans if FILE.search(span) or ("/" in span and span.partition("/")[0] in folders)]
    known = {span for span in ours if any(path.endswith(f"/{span}") or f"/{span}/" in path for path in there)}
    return [span for span in ours if span not in known and span not in MADE]


def is_environment_file(path: str) -> bool:
    """Tell whether a path is a file of variables that is no example."""
    name = path.rpartition("/")[2]
    return (name == ".env" or name.startswith(".env.")) and not name.endswith(".example")


class TestSecrets:
    @pytest.mark.parametrize("path", [".env", "django-backend/.env", "django-backend/.env.dev", ".env.production"])
    def test_environment_files_are_ignored(self, path: str) -> None:
        """S0-01."""
        assert git("check-ignore", "--no-index", path).strip() == path

    def test_no_environment_file_was_ever_tracked(self) -> None:
        """S0-01: in no commit of any branch."""
        ever = set(git("log", "--all", "--name-only", "--format=").split("\n"))
        assert not [path for path in ever if is_environment_file(path)]

    def test_no_tracked_file_holds_a_key(self) -> None:
        """S0-01."""
        files = [PROJECT_DIR / path for path in repository_files()]
        assert files
        found = {str(file): SECRETS.search(file.read_text(errors="ignore")) for file in files}
        assert {path: match[0] for path, match in found.items() if match} == {}

    @pytest.mark.parametrize("start", ["sk_live_", "AKIA", "xoxb-", "-----BEGIN RSA "])
    def test_scan_sees_a_key(self, start: str) -> None:
        rest = "PRIVATE KEY-----" if start.startswith("-") else "A1" * 8
        assert SECRETS.search(start + rest)


class TestLayout:
    @pytest.mark.parametrize("folder", ["apps", "config", "templates", "templates/account/email"])
    def test_backend_has(self, folder: str) -> None:
        """S3-06."""
        assert (BACKEND_DIR / folder).is_dir()

    @pytest.mark.parametrize(
        "name",
        [
            *(".dockerignore", ".flake8", ".gitignore", ".pre-commit-config.yaml", "docker-compose.yml", "Dockerfile"),
            *("Dockerfile-dev", "Dockerfile-prod", "pyproject.toml", "poetry.lock", "README.md", "CONTRIBUTING.md"),
            *("CHANGELOG.md", "LICENSE", "Procfile", "nginx/nginx.conf", "docs/architecture.md"),
        ],
    )
    def test_root_has(self, name: str) -> None:
        """S3-07, S3-15."""
        assert (PROJECT_DIR / name).is_file()


class TestShellScripts:
    def test_pass_shellcheck(self) -> None:
        """S3-14."""
        check = [str(Path(sys.executable).parent / "shellcheck"), "-x", *SCRIPTS, PROJECT_DIR / ".ci/run"]
        done = subprocess.run(check, check=False, cwd=PROJECT_DIR, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout

    @pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
    def test_can_be_run_unless_they_are_sourced(self, script: Path) -> None:
        assert os.access(script, os.X_OK) == (script.name not in SOURCED)

    def test_requirements_script_explains_itself_from_any_folder(self, tmp_path: Path) -> None:
        """S3-08, S3-14."""
        script = PROJECT_DIR / "shell_scripts/create_requirements.sh"
        done = subprocess.run(
            [script, "everything"], check=False, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True
        )
        assert done.returncode == 1
        assert "Unknown argument: everything" in done.stderr
        assert "[dev|prod|poetry|all] [--check]" in done.stderr


class TestHooks:
    def test_run_the_checks_of_the_lint_script_without_a_network(self) -> None:
        """S3-48."""
        configuration = yaml.safe_load((PROJECT_DIR / ".pre-commit-config.yaml").read_text())
        assert [repository["repo"] for repository in configuration["repos"]] == ["local"]
        hooks = configuration["repos"][0]["hooks"]
        assert {hook["language"] for hook in hooks} == {"system"}
        script = (PROJECT_DIR / "shell_scripts/lint.sh").read_text()
        (declared,) = re.findall(r"^checks=\((.*)\)$", script, re.MULTILINE)
        hooked = [check for hook in hooks for check in hook["entry"].removeprefix("shell_scripts/lint.sh ").split()]
        assert sorted(hooked) == sorted(set(declared.split()) - {"hooks"})

    def test_configuration_is_valid(self) -> None:
        check = [str(Path(sys.executable).parent / "pre-commit"), "validate-config"]
        done = subprocess.run(check, check=False, cwd=PROJECT_DIR, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


class TestDocuments:
    def test_pull_request_template_has_the_seven_sections(self) -> None:
        """S3-39."""
        text = (PROJECT_DIR / ".github/pull_request_template.md").read_text()
        assert re.findall(r"^#+ (.*)$", text, re.MULTILINE) == [
            "What does this PR do?",
            "Why are we doing this?",
            "How should this be manually tested?",
            "Any background context you want to provide?",
            "What are the relevant tickets?",
            "Screenshots (if appropriate)",
            "Questions",
        ]

    def test_contributing_describes_the_git_workflow(self) -> None:
        """S3-38."""
        text = (PROJECT_DIR / "CONTRIBUTING.md").read_text()
        assert all(word in text for word in ("`main`", "`develop`", "`feature/<relevant_feature_name>`"))

    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
    def test_links_lead_to_files_and_sections(self, document: Path) -> None:
        targets = re.findall(r"\]\(([^)\s]+)\)", document.read_text())
        local = [target.partition("#") for target in targets if "://" not in target]
        assert [name for name, _, _ in local if not (document.parent / name).exists()] == []
        files = [(document.parent / name if name else document, section) for name, _, section in local if section]
        assert [section for file, section in files if section not in sections(file.read_text())] == []

    @pytest.mark.parametrize(
        "document", [one for one in DOCUMENTS if one.name != "CHANGELOG.md"], ids=lambda one: one.name
    )
    def test_name_files_that_exist(self, document: Path) -> None:
        """The changelog may name what is gone."""
        assert not_there(document.read_text()) == []

    @pytest.mark.parametrize(
        "name", ["config/variables.py", "docs/no_page.md", "no_test.py", "shell_scripts/no/", "apps/listings/no"]
    )
    def test_are_searched_for_files(self, name: str) -> None:
        known = (
            "`docs/README.md`, `common/cache.py`, `test_repository.py`, `config/settings/`, `token/login/`, `a b.py`"
        )
        assert not_there(f"{known}, `{name}`") == [name.rstrip("/")]

    def test_are_named_rightly_in_code(self) -> None:
        """In comments, messages and configuration; this file names a page that does not exist."""
        files = [name for name in repository_files() if not name.endswith((".md", ".png", "test_repository.py"))]
        texts = {name: (PROJECT_DIR / name).read_text(errors="ignore") for name in files}
        named = {(name, page) for name, text in texts.items() for page in re.findall(r"\bdocs/[\w/-]+\.\w+\b", text)}
        assert len(named) > 20
        assert [pair for pair in named if not (PROJECT_DIR / pair[1]).exists()] == []

    def test_are_all_in_the_index(self) -> None:
        """At most 25 beside decisions and deployments: nobody reads a maze."""
        index = (PROJECT_DIR / "docs/README.md").read_text()
        pages = [page.name for page in (PROJECT_DIR / "docs").glob("*.md")]
        assert 15 < len(pages) <= 25
        assert [page for page in pages if f"]({page})" not in index] == ["README.md"]

    def test_explain_every_requirement_that_tests_name(self) -> None:
        named = {
            found for file in BACKEND_DIR.rglob("*.py") for found in re.findall(r"\b(?:S\d|P)-\d\d\b", file.read_text())
        }
        explained = re.findall(
            r"^\| ((?:S\d|P)-\d\d) \| [A-Z`].*\. \|$", (PROJECT_DIR / "docs/requirements.md").read_text(), re.M
        )
        assert len(named) > 100
        assert explained == sorted(named)

    def test_architecture_names_modules_that_exist(self) -> None:
        text = (PROJECT_DIR / "docs/architecture.md").read_text()
        named = set(re.findall(r"`((?:\w+/)+\w+\.py)`", text))
        assert len(named) > 8
        homes = (BACKEND_DIR, BACKEND_DIR / "apps")
        assert [name for name in named if not any((home / name).is_file() for home in homes)] == []

    def test_architecture_names_every_app(self) -> None:
        text = (PROJECT_DIR / "docs/architecture.md").read_text()
        apps = {path.parent.name for path in (BACKEND_DIR / "apps").glob("*/__init__.py")}
        assert [app for app in apps if f"`{app}`" not in text] == []

    def test_every_decision_is_in_the_index(self) -> None:
        index = (PROJECT_DIR / "docs/adr/README.md").read_text()
        titles = {record.name: record.read_text().splitlines()[0] for record in RECORDS}
        assert len(titles) >= 12
        for name, title in titles.items():
            number, _, words = title.removeprefix("# ").partition(". ")
            assert f"| [{number}]({name}) | {words} |" in index

    def test_weekly_report_decides_what_all_issues_are(self) -> None:
        """S3-29: the seed's description and its code disagree."""
        record = (PROJECT_DIR / "docs/adr/0018-weekly-report.md").read_text()
        assert "**Closed in the week**, grouped by assignee" in record
        assert 'the rest of "all issues" counts: opened, still open' in record

    def test_fifteen_notes_are_kept(self) -> None:
        """S3-42."""
        text = (PROJECT_DIR / "docs/useful_links.md").read_text()
        notes = re.findall(r"^(\d+)\. .*\]\(https?://", text, re.MULTILINE)
        assert notes == [str(number) for number in range(1, 16)]
