"""The scripts that look at the project and that bring a VPS up to date; what all scripts have in common."""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.environment import PROJECT_DIR
from config.tests.shims import Scripts, clean_environment

SCRIPTS = (PROJECT_DIR / "shell_scripts").glob("*.sh")
WITH_HELP = (
    *("backup.sh", "count_lines_of_code.sh", "docker_deploy.sh", "heroku_backup.sh", "heroku_setup.sh"),
    *("make_project_structure_tree.sh", "restore.sh", "vps_deploy.sh", "create_requirements.sh"),
)


def script(name: str, *arguments: str, cwd: str = "/") -> "subprocess.CompletedProcess[str]":
    command = [str(PROJECT_DIR / "shell_scripts" / name), *arguments]
    return subprocess.run(command, cwd=cwd, env=clean_environment(), capture_output=True, text=True, check=False)


def make_files(project: Path, **files: str) -> None:
    for name, text in files.items():
        path = project / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class TestAllScripts:
    @pytest.mark.parametrize("name", WITH_HELP)
    def test_help_comes_first_and_changes_nothing(self, scripts: Scripts, name: str) -> None:
        """S3-14."""
        done = scripts.run(name, "--help", DATABASE_URL="")
        assert (done.returncode, done.stderr, scripts.calls()) == (0, "", [])
        assert f"Usage: shell_scripts/{name}" in done.stdout

    @pytest.mark.parametrize("name", WITH_HELP)
    def test_unknown_arguments_are_named(self, scripts: Scripts, name: str) -> None:
        done = scripts.run(name, "--nonsense")
        assert (done.returncode, scripts.calls()) == (1, [])
        assert f"Unknown argument: --nonsense. {name} --help" in done.stderr

    @pytest.mark.parametrize("name", sorted(path.name for path in SCRIPTS if "--dry-run)" in path.read_text()))
    def test_dry_run_calls_nothing_and_says_so_at_its_end(self, scripts: Scripts, name: str) -> None:
        command = ("restore", "b101") if name == "heroku_backup.sh" else ()
        done = scripts.run(name, *command, "--dry-run", HEROKU_APP="seats")
        assert (done.returncode, done.stderr) == (0, "")
        assert [call for call in scripts.calls() if call != "id|-u"] == []
        assert done.stdout.splitlines()[-1] == "==> Dry run: nothing was done."
        assert not re.search(r"Deployed|Released|Next:", done.stdout)

    @pytest.mark.parametrize("name", ["audit.sh", "lint.sh", "run_tests.sh"])
    def test_help_makes_no_environment(self, scripts: Scripts, name: str) -> None:
        done = scripts.run(name, "--help", VENV_DIR=str(scripts.project / "none"))
        assert (done.returncode, done.stderr, scripts.calls()) == (0, "", [])
        assert f"Usage: shell_scripts/{name}" in done.stdout
        assert not (scripts.project / "none").exists()

    @pytest.mark.parametrize("name", WITH_HELP)
    def test_cdpath_of_the_shell_leads_nowhere(self, scripts: Scripts, name: str) -> None:
        """With it, `cd shell_scripts/..` prints where it went, and may go into another project."""
        done = subprocess.run(
            [f"shell_scripts/{name}", "--help"], cwd=scripts.project, env={**scripts.environment, "CDPATH": "/tmp:."},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert f"Usage: shell_scripts/{name}" in done.stdout

    def test_page_has_a_row_for_each(self) -> None:
        page = (PROJECT_DIR / "docs/scripts.md").read_text()
        names = {path.name for path in (PROJECT_DIR / "shell_scripts").glob("*.sh")}
        sourced = {"environment.sh", "terminal.sh", "database.sh"}
        assert [name for name in sorted(names - sourced) if f"| `{name}` |" not in page] == []


class TestTree:
    def test_shows_this_project(self) -> None:
        """S3-11."""
        done = script("make_project_structure_tree.sh", "--depth", "1")
        assert done.returncode == 0, done.stderr
        assert "├── django-backend/…" in done.stdout.splitlines()
        assert ".venv" not in done.stdout

    def test_shows_depth_and_order(self, scripts: Scripts) -> None:
        """S3-11: without git, in a folder with a space."""
        make_files(scripts.project, docs__a_dot_md="", docs__deep__b_dot_md="", **{".venv__x": "", ".env": ""})
        done = scripts.run("make_project_structure_tree.sh", "--depth", "2")
        lines = done.stdout.splitlines()
        assert lines[:5] == ["a project/", "├── docs/", "│   ├── a.md", "│   └── deep/…", "└── shell_scripts/"]
        assert lines[-1] == "    └── vps_deploy.sh"
        below = scripts.run("make_project_structure_tree.sh", "docs/").stdout.splitlines()
        assert below == ["docs/", "├── a.md", "└── deep/", "    └── b.md"]

    @pytest.mark.parametrize(
        ("arguments", "sentence"), [(("--depth", "two"), "needs a whole number"), (("nowhere",), "no folder 'nowhere'")]
    )
    def test_refuses(self, arguments: tuple[str, ...], sentence: str) -> None:
        done = script("make_project_structure_tree.sh", *arguments)
        assert done.returncode == 1
        assert sentence in done.stderr


class TestCount:
    PYTHON = '"""Doc\n\nstring."""\n\nX = """\n# not a comment\n"""\n# a comment\ny = 1  # code\n\n'

    def test_counts_this_project(self) -> None:
        """S3-13."""
        done = script("count_lines_of_code.sh")
        assert done.returncode == 0, done.stderr
        total = done.stdout.splitlines()[-1].split()
        assert total[0] == "total"
        assert all(int(number) > 500 for number in total[1:])

    def test_distinguishes_code_comments_and_blank_lines(self, scripts: Scripts) -> None:
        """S3-13."""
        (scripts.project / "shell_scripts" / "vps_deploy.sh").write_text("#!/bin/sh\n\necho 1 # code\n")
        for path in (scripts.project / "shell_scripts").glob("*.sh"):
            if path.name not in {"count_lines_of_code.sh", "terminal.sh", "environment.sh"}:
                path.unlink()
        make_files(
            scripts.project,
            app_dot_py=self.PYTHON,
            tests__test_app_dot_py="assert 1\n",
            **{"a=b_dot_md": "# Title\n\ntext\n", "poetry.lock": "x\n", "page_dot_html": "<!-- a\n b -->\n<p>\n"},
        )
        rows = {row[:16].strip(): row[16:].split() for row in scripts.run("count_lines_of_code.sh").stdout.splitlines()}
        assert rows["Python"] == ["1", "4", "3", "3"]
        assert rows["Python (tests)"] == ["1", "1", "0", "0"]
        assert rows["Markdown"] == ["1", "0", "2", "1"]
        assert rows["HTML"] == ["1", "1", "2", "0"]
        assert "poetry" not in rows
        total = [sum(int(row[i]) for name, row in rows.items() if name not in {"language", "total"}) for i in range(4)]
        assert [int(number) for number in rows["total"]] == total


class TestVpsDeploy:
    INSTALL = (
        *("--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("-r", "prod-requirements.txt"),
    )
    STEPS = (
        "git|rev-parse|HEAD",
        "git|pull|--ff-only",
        "python|-m|pip|install|" + "|".join(INSTALL),
        "python|-m|pip|--disable-pip-version-check|check",
        *(
            f"python|manage.py|{command}"
            for command in (
                *("check|--deploy", "migrate|--noinput", "load_reference_data", "setup_staff_group"),
                "collectstatic|--noinput",
            )
        ),
        *(f"systemctl|restart|season-tickets-{unit}.service" for unit in ("web", "worker", "beat")),
        *(f"systemctl|is-active|--quiet|season-tickets-{unit}.service" for unit in ("web", "worker", "beat")),
        "nginx|-t",
        "systemctl|reload|nginx.service",
    )

    def steps(self, scripts: Scripts) -> list[str]:
        """Return the calls without who asks for them; each of root's was made by sudo."""
        calls = [call for call in scripts.calls() if call != "id|-u"]
        roots = [call for call in calls if call.startswith(("systemctl|", "nginx|"))]
        assert [call.removeprefix("sudo|") for call in calls if call.startswith("sudo|")] == roots
        return [call for call in calls if not call.startswith("sudo|")]

    @pytest.fixture
    def variables(self, tmp_path: Path) -> str:
        path = tmp_path / "production.env"
        path.write_text('# secrets\n\nDJANGO_SECRET_KEY="a b$c`d"\nEMPTY=')
        return str(path)

    def test_pulls_migrates_restarts(self, scripts: Scripts, variables: str) -> None:
        """S0-23."""
        done = scripts.run("vps_deploy.sh", "--env-file", variables)
        assert done.returncode == 0, done.stderr
        assert self.steps(scripts) == list(self.STEPS)
        assert "push" not in " ".join(scripts.calls())
        assert "a b$c" not in done.stdout + done.stderr

    @pytest.mark.parametrize("step", range(len(STEPS)), ids=[step.replace("|", " ")[:40] for step in STEPS])
    def test_stops_at_the_first_failure(self, scripts: Scripts, variables: str, step: int) -> None:
        """S0-23: above all, a failed migration restarts nothing."""
        fails = self.STEPS[step].replace("|", " ")
        done = scripts.run("vps_deploy.sh", "--env-file", variables, fails=fails)
        assert done.returncode == 1
        sentence = "is not a git checkout" if step == 0 else "Nothing after it was done."
        assert sentence in done.stderr
        between = "git|pull|--ff-only" in self.STEPS[:step] and "restart" not in " ".join(self.STEPS[:step])
        if between and "restart" not in self.STEPS[step]:
            assert "reset --keep" in done.stderr, "the files are new, the processes are not"
        assert self.steps_until_failure(scripts) == list(self.STEPS[: step + 1])

    def steps_until_failure(self, scripts: Scripts) -> list[str]:
        calls = [call.removeprefix("sudo|") for call in scripts.calls() if call != "id|-u"]
        return list(dict.fromkeys(calls))

    def test_one_deployment_at_a_time(self, scripts: Scripts, variables: str) -> None:
        """Also when the first one has pulled another vps_deploy.sh meanwhile: the lock is not on that file."""
        lock = os.open(scripts.project, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            file = scripts.project / "shell_scripts/vps_deploy.sh"
            shutil.copy(file, scripts.project / "pulled")
            (scripts.project / "pulled").replace(file)
            done = scripts.run("vps_deploy.sh", "--env-file", variables)
        finally:
            os.close(lock)
        assert (done.returncode, self.steps(scripts)) == (1, [])
        assert "Another deployment is running" in done.stderr
        assert scripts.run("vps_deploy.sh", "--env-file", variables).returncode == 0

    def test_gives_the_variables_to_the_commands(self, scripts: Scripts, variables: str, tmp_path: Path) -> None:
        seen = tmp_path / "seen"
        (tmp_path / "venv/bin/python").write_text(
            f'#!/bin/sh\nprintf "%s/%s/%s" "$DJANGO_SETTINGS_MODULE" "$DJANGO_SECRET_KEY" "${{EMPTY-unset}}" >{seen}\n'
        )
        scripts.run("vps_deploy.sh", "--env-file", variables)
        assert seen.read_text() == "config.settings.production/a b$c`d/"

    def test_dry_run_only_prints(self, scripts: Scripts) -> None:
        """S0-23."""
        done = scripts.run("vps_deploy.sh", "--dry-run", "--unit-prefix", "tickets")
        assert done.returncode == 0, done.stderr
        assert [call for call in scripts.calls() if call != "id|-u"] == []
        assert "+ sudo systemctl restart tickets-web.service" in done.stdout.splitlines()

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [("A=1\nsecret-7d1\n", "Line 2 of"), (None, "cannot be read: it holds the variables of production")],
    )
    def test_needs_a_file_of_variables(self, scripts: Scripts, tmp_path: Path, text: str | None, sentence: str) -> None:
        if text is not None:
            (tmp_path / "bad.env").write_text(text)
        done = scripts.run("vps_deploy.sh", "--env-file", str(tmp_path / "bad.env"))
        assert (done.returncode, self.steps(scripts)) == (1, [])
        assert sentence in done.stderr
        assert "7d1" not in done.stderr
