"""The scripts for Heroku call what they say, in this order, and stop at the first failure."""

import json
import re

import pytest

from config.environment import PROJECT_DIR
from config.tests.shims import Scripts
from config.variables import VARIABLES

APP = ("--app", "seats")
REGISTRY = "registry.heroku.com/seats"
BACKUPS = {
    ("list",): "heroku|pg:backups|--app|seats",
    ("info", "b101"): "heroku|pg:backups:info|b101|--app|seats",
    ("download", "b101", "--output", "my copy.dump"):
        "heroku|pg:backups:download|b101|--output|my copy.dump|--app|seats",
    ("url",): "heroku|pg:backups:url|--app|seats",
    ("capture",): "heroku|pg:backups:capture|DATABASE_URL|--app|seats",
    ("cancel",): "heroku|pg:backups:cancel|--app|seats",
    ("schedule",): "heroku|pg:backups:schedule|DATABASE_URL|--at|07:00 Asia/Manila|--app|seats",
    ("unschedule",): "heroku|pg:backups:unschedule|DATABASE_URL|--app|seats",
    ("schedules",): "heroku|pg:backups:schedules|--app|seats",
    ("restore", "b101", "--yes"): "heroku|pg:backups:restore|b101|DATABASE_URL|--confirm|seats|--app|seats",
    ("delete", "b101", "--yes"): "heroku|pg:backups:delete|b101|--confirm|seats|--app|seats",
}  # fmt: skip


class TestDockerDeploy:
    PROCESSES = ("release", "web", "worker", "beat")
    BUILDS = tuple(f"docker|build|--target|{name}|-t|{REGISTRY}/{name}|." for name in PROCESSES)
    PUSHES = tuple(f"docker|push|{REGISTRY}/{name}" for name in PROCESSES)
    RELEASE = "heroku|container:release|-a|seats|release|web|worker|beat"
    ALL = (*BUILDS, *PUSHES, RELEASE)

    def test_builds_pushes_releases(self, scripts: Scripts) -> None:
        """S3-09, S3-36: every process in one release, with `release`, which Heroku runs before it exchanges them."""
        done = scripts.run("docker_deploy.sh", *APP)
        assert done.returncode == 0, done.stderr
        assert scripts.calls() == [*self.ALL]

    @pytest.mark.parametrize(
        ("fails", "calls", "sentence"),
        [
            ("docker build", 1, "could not be built: nothing was pushed"),
            ("--target beat", 4, "image of beat could not be built: nothing was pushed"),
            ("docker push", 5, "could not be pushed: nothing was released"),
            (f"docker push {REGISTRY}/worker", 7, "image of worker could not be pushed: nothing was released"),
            ("container:release", 9, "pushed but not released"),
        ],
    )
    def test_stops_at_the_first_failure(self, scripts: Scripts, fails: str, calls: int, sentence: str) -> None:
        """S3-09."""
        done = scripts.run("docker_deploy.sh", *APP, fails=fails)
        assert done.returncode == 1
        assert scripts.calls() == [*self.ALL[:calls]]
        assert sentence in done.stderr

    def test_builds_stages_that_do_what_the_procfile_does(self) -> None:
        """S3-36: the commands of the images and those of the Procfile are the same processes."""
        text = (PROJECT_DIR / "Dockerfile").read_text()
        commands = dict(re.findall(r"^FROM app AS (\w+)\n(?:[^F].*\n)*?CMD (.*)$", text, re.MULTILINE))
        assert commands.keys() == set(self.PROCESSES)
        procfile = dict(line.split(": ", 1) for line in (PROJECT_DIR / "Procfile").read_text().splitlines())
        for name, command in commands.items():
            words = json.loads(command)
            started = words[2] if words[:2] == ["sh", "-c"] else " ".join(words)
            assert procfile[name].rpartition("exec ")[2].rpartition('}" && ')[2] == started
        assert text.rpartition("\nFROM ")[2].startswith("app AS web\n"), "a plain `docker build` makes the last stage"

    def test_tag_names_the_image_on_this_machine_too(self, scripts: Scripts) -> None:
        assert scripts.run("docker_deploy.sh", "--tag", "1.2.0", HEROKU_APP="seats").returncode == 0
        tagged = f"docker|build|--target|web|-t|{REGISTRY}/web|-t|season-tickets-tech-backend:1.2.0|."
        assert scripts.calls()[1] == tagged
        assert "1.2.0" not in "".join(scripts.calls()[2:])

    def test_dry_run_only_prints(self, scripts: Scripts) -> None:
        done = scripts.run("docker_deploy.sh", *APP, "--dry-run")
        assert scripts.calls() == []
        assert f"+ docker push {REGISTRY}/web" in done.stdout

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ((), "Name the Heroku app"),
            (("--app",), "--app needs a value"),
            (("--app", "Seats; rm"), "is not the name of a Heroku app"),
            ((*APP, "--tag", "a b"), "is not an image tag"),
            ((*APP, "--fast"), "Unknown argument: --fast. docker_deploy.sh --help"),
        ],
    )
    def test_refuses_what_it_does_not_understand(
        self, scripts: Scripts, arguments: tuple[str, ...], sentence: str
    ) -> None:
        done = scripts.run("docker_deploy.sh", *arguments)
        assert done.returncode == 1
        assert sentence in done.stderr
        assert scripts.calls() == []


class TestHerokuBackup:
    @pytest.mark.parametrize("arguments", list(BACKUPS), ids=lambda arguments: arguments[0])
    def test_command_calls(self, scripts: Scripts, arguments: tuple[str, ...]) -> None:
        """S3-12."""
        done = scripts.run("heroku_backup.sh", *arguments, *APP)
        assert done.returncode == 0, done.stderr
        assert scripts.calls() == [BACKUPS[arguments]]

    @pytest.mark.parametrize(("number", "arguments"), list(enumerate(BACKUPS, start=1)), ids=str)
    def test_menu_calls_the_same(self, scripts: Scripts, number: int, arguments: tuple[str, ...]) -> None:
        """S3-12: numbers of the menu, then the app, then the backup where one is taken."""
        names_backup = arguments[0] in {"info", "download", "url", "cancel", "restore", "delete"}
        backup = "b101" if "b101" in arguments else ""
        typed = f"{number}\nseats\n" + (f"{backup}\n" if names_backup else "") + "yes\n"
        code, seen = scripts.on_terminal("heroku_backup.sh", typed=typed)
        assert code == 0, seen
        assert "10 restore" in seen
        assert scripts.calls() == [BACKUPS[arguments].replace("|--output|my copy.dump", "")]

    @pytest.mark.parametrize("command", ["restore", "delete"])
    @pytest.mark.parametrize("answer", ["no", "y", "", "YES"])
    def test_anything_but_yes_calls_nothing(self, scripts: Scripts, command: str, answer: str) -> None:
        """S3-12."""
        code, seen = scripts.on_terminal("heroku_backup.sh", command, "b101", *APP, typed=f"{answer}\n")
        assert (code, scripts.calls()) == (1, [])
        assert "[yes/no]" in seen
        assert "Nothing was done." in seen

    @pytest.mark.parametrize("command", ["restore", "delete"])
    def test_nobody_to_ask_calls_nothing(self, scripts: Scripts, command: str) -> None:
        """S3-12."""
        done = scripts.run("heroku_backup.sh", command, "b101", *APP)
        assert (done.returncode, scripts.calls()) == (1, [])
        assert f"say --yes to {command}" in done.stderr

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (APP, "Name a command."),
            (("erase", *APP), "There is no command 'erase'"),
            (("12", *APP), "There is no command '12'"),
            (("delete", "--yes", *APP), "Name the backup to delete"),
            (("delete", "--yes", "b1; rm", *APP), "is not the name of a backup"),
            (("capture", "b101", *APP), "'capture' takes no backup"),
            (("list", "--output", "x", *APP), "--output belongs to download"),
        ],
    )
    def test_refuses(self, scripts: Scripts, arguments: tuple[str, ...], sentence: str) -> None:
        done = scripts.run("heroku_backup.sh", *arguments)
        assert (done.returncode, scripts.calls()) == (1, [])
        assert sentence in done.stderr

    def test_failure_of_heroku_is_reported(self, scripts: Scripts) -> None:
        done = scripts.run("heroku_backup.sh", "capture", *APP, fails="capture")
        assert done.returncode == 1
        assert "heroku pg:backups:capture failed" in done.stderr


class TestHerokuSetup:
    OURS = {
        "DJANGO_MAILGUN_SERVER_NAME": "mg-7d1.example.com", "DJANGO_MAILGUN_API_KEY": "mg-key-7d1",
    }  # fmt: skip
    ADDED = (
        "heroku|addons:create|heroku-postgresql:essential-0|--wait|--app|seats",
        "heroku|pg:backups:schedule|DATABASE_URL|--at|02:00 America/Los_Angeles|--app|seats",
        "heroku|pg:promote|DATABASE_URL|--app|seats",
        "heroku|addons:create|heroku-redis:mini|--wait|--app|seats",
        "heroku|addons:create|mailgun|--wait|--app|seats",
    )

    def changes(self, scripts: Scripts) -> list[str]:
        return [call for call in scripts.calls() if not re.match(r"heroku\|(apps:info|config:get)\|", call)]

    def test_calls(self, scripts: Scripts) -> None:
        """S2-31: the app, add-ons, backups, five variables; the secret is long enough for production."""
        done = scripts.run("heroku_setup.sh", *APP, fails="apps:info", **self.OURS)
        assert done.returncode == 0, done.stderr
        calls = self.changes(scripts)
        assert calls[:6] == ["heroku|create|seats|--buildpack|heroku/python", *self.ADDED]
        settings = dict(call.split("|")[2].split("=", 1) for call in calls[6:])
        secret = settings.pop("DJANGO_SECRET_KEY")
        assert len(secret) >= 50
        assert settings == {
            "DJANGO_SETTINGS_MODULE": "config.settings.production", "PYTHONHASHSEED": "random", **self.OURS
        }  # fmt: skip

    def test_sets_no_variable_that_nothing_reads(self, scripts: Scripts) -> None:
        """PYTHONHASHSEED is Python's own, DJANGO_SETTINGS_MODULE Django's."""
        scripts.run("heroku_setup.sh", *APP, "--hosts", "tickets.example.com", **self.OURS)
        sent = set(re.findall(r"config:set\|(\w+)=", "\n".join(scripts.calls())))
        known = {name for variable in VARIABLES for name in variable.names}
        assert len(sent) == 6
        assert sent - known == {"DJANGO_SETTINGS_MODULE", "PYTHONHASHSEED"}

    def test_never_prints_a_value(self, scripts: Scripts) -> None:
        """S2-31."""
        done = scripts.run("heroku_setup.sh", *APP, **self.OURS)
        secret = next(call for call in scripts.calls() if "DJANGO_SECRET_KEY=" in call).split("|")[2].split("=", 1)[1]
        printed = done.stdout + done.stderr
        assert "config:set DJANGO_SECRET_KEY=…" in printed
        assert [value for value in (secret, *self.OURS.values()) if value in printed] == []

    def test_second_run_adds_nothing_and_keeps_the_secret(self, scripts: Scripts) -> None:
        there = "DATABASE_URL=postgres://x REDIS_URL=redis://x MAILGUN_API_KEY=x DJANGO_SECRET_KEY=kept-7d1"
        done = scripts.run("heroku_setup.sh", *APP, SHIM_CONFIG=there)
        assert done.returncode == 0, done.stderr
        assert not re.search(r"addons:create|\|create\||DJANGO_SECRET_KEY=", "\n".join(scripts.calls()))
        assert "kept-7d1" not in done.stdout + done.stderr

    def test_database_that_is_promoted_already_is_no_failure(self, scripts: Scripts) -> None:
        done = scripts.run("heroku_setup.sh", *APP, fails="pg:promote")
        assert done.returncode == 0, done.stderr
        assert scripts.calls()[-1] == "heroku|config:set|PYTHONHASHSEED=random|--app|seats"

    def test_stops_at_the_first_failure(self, scripts: Scripts) -> None:
        done = scripts.run("heroku_setup.sh", *APP, fails="heroku-redis")
        assert done.returncode == 1
        assert self.changes(scripts) == list(self.ADDED[:4])
        assert "heroku addons:create failed" in done.stderr

    def test_dry_run_calls_nothing(self, scripts: Scripts) -> None:
        done = scripts.run("heroku_setup.sh", *APP, "--hosts", "tickets.example.com", "--dry-run", **self.OURS)
        assert (done.returncode, scripts.calls()) == (0, [])
        assert len(re.findall(r"^\+ heroku config:set ", done.stdout, re.MULTILINE)) == 6
        assert "7d1" not in done.stdout
