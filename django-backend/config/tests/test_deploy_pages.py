"""docs/deploy, docs/runbook.md and docs/security.md: what they ask for exists, and what was asked of them is there."""

import json
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands
from django.db import NotSupportedError, connection
from django.db.backends.postgresql.base import DatabaseWrapper

from config.environment import BACKEND_DIR, PROJECT_DIR
from config.variables import REQUIRED, VARIABLES

DEPLOY = PROJECT_DIR / "docs/deploy"
PAGES = [*sorted(DEPLOY.glob("*.md")), PROJECT_DIR / "docs/runbook.md", PROJECT_DIR / "docs/security.md"]
COMPOSE_ONLY = {"POSTGRES_PASSWORD", "IMAGE_TAG"}
KNOWN = {name for variable in VARIABLES for name in variable.names}
WORKFLOWS = PROJECT_DIR / ".github/workflows"


def page(name: str) -> str:
    """Return the text of a page about a deployment, its lines joined."""
    return re.sub(r"\s+", " ", (DEPLOY / f"{name}.md").read_text())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("vps", ["DigitalOcean", "GoDaddy", "To undo the delegation", "nameservers"], id="S0-18"),
        pytest.param("vps", ["/etc/nginx/sites-available/season-tickets", "sites-enabled", "nginx -t"], id="S0-20"),
        pytest.param("vps", ["certbot certonly", "Let's Encrypt signs"], id="S0-21"),
        pytest.param("vps", ["read-only deploy key", "never pushes"], id="S0-22"),
        pytest.param(
            "vps",
            [
                *("sudo less /var/log/nginx/error.log", "sudo less /var/log/nginx/access.log"),
                *("sudo journalctl -u nginx", "sudo journalctl -u season-tickets-web"),
            ],
            id="S0-24",
        ),
        pytest.param(
            "vps",
            ["/etc/systemd/system/", "config/wsgi.py", "how-to-serve-flask-applications-with-gunicorn"],
            id="S0-26",
        ),
        pytest.param(
            "heroku",
            [
                *("shell_scripts/heroku_setup.sh", "02:00 America/Los_Angeles", "git push heroku main"),
                *("check --deploy", "createsuperuser", "heroku open", "migrate"),
            ],
            id="S2-31, S2-32",
        ),
        pytest.param("compose", ["0.0.0.0", "HTTP_ADDRESS", "VIRTUAL_HOST", "ports 80 and 443"], id="S2-35 "),
        pytest.param("compose", ["/data/season-tickets/postgres", "copy them to another one"], id="S2-36"),
        pytest.param(
            "compose",
            [
                *(
                    "dc build",
                    "dc up",
                    "dc logs",
                    "dc ps",
                    "createsuperuser",
                    "--scale django=4 --scale celeryworker=2",
                ),
                "Never scale `postgres` or `celerybeat`",
            ],
            id="S2-37",
        ),
        pytest.param(
            "supervisor",
            ["supervisorctl reread", "supervisorctl start season-tickets", "supervisorctl status"],
            id="S2-38",
        ),
        pytest.param(
            "dokku",
            [
                *("plugin:install", "git remote add dokku", "redis:create", "redis:link", "postgres:create"),
                *("postgres:link", "config:set", "migrate", "createsuperuser", "1 GB", "Nobody backs up"),
            ],
            id="S2-39",
        ),
        pytest.param("index", ["`pip`", "virtualenv", "PostgreSQL 15", "Docker", "compose"], id="S2-41 prerequisites"),
        pytest.param(
            "compose",
            ["Know what compose does not do", "one machine only", "needs only `docker compose up`", "deploy/.env"],
            id="S2-41",
        ),
        pytest.param(
            "heroku",
            ["docker build -t registry.heroku.com/", "docker push registry.heroku.com/", "container:release"],
            id="S3-36",
        ),
        pytest.param(
            "heroku",
            [
                *("heroku run bash", "heroku releases -a", "heroku releases:info", "git revert", "heroku rollback"),
                *("heroku logs -n 1500", "heroku logs -t"),
            ],
            id="S3-44",
        ),
    ],
)
def test_page_has(name: str, words: list[str]) -> None:
    """The ids name the requirements."""
    assert [word for word in words if word not in page(name)] == []


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(
            ["docker compose exec", "docker compose stop", "docker compose down", "compose up -d"], id="S1-04"
        ),
        pytest.param(["docker compose build", "docker compose up -d --build", "raise the tag of `image:`"], id="S1-05"),
        pytest.param(["docker images", "down --rmi local"], id="S1-06"),
        pytest.param(["pg_dump", "shell_plus"], id="S2-36, S2-37"),
    ],
)
def test_containers_page_has(words: list[str]) -> None:
    """The ids name the requirements."""
    text = (PROJECT_DIR / "docs/containers.md").read_text()
    assert [word for word in words if word not in text] == []


def test_readme_leads_to_the_steps_with_containers() -> None:
    """S1-02, S1-20."""
    assert "](docs/containers.md) has an alias" in (PROJECT_DIR / "README.md").read_text()
    text = (PROJECT_DIR / "docs/containers.md").read_text()
    assert [word for word in ("alias dj=", "docker-machine ip", "localhost:8080", "Clone") if word not in text] == []


def test_local_image_has_an_explicit_tag() -> None:
    """S1-05."""
    compose = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())
    assert re.search(r":[\w.-]+$", compose["services"]["django"]["image"])


def test_older_postgresql_than_the_index_names_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django would leave out the index that keeps a seat from being listed twice."""
    assert "PostgreSQL 15 or later" in page("index")
    monkeypatch.setattr(DatabaseWrapper, "get_database_version", lambda _: (14, 20))
    with pytest.raises(NotSupportedError, match="PostgreSQL 15 or later is required"):
        connection.check_database_version_supported()
    monkeypatch.setattr(DatabaseWrapper, "get_database_version", lambda _: (15, 0))
    connection.check_database_version_supported()


def test_index_leads_to_every_page() -> None:
    text = (DEPLOY / "index.md").read_text()
    assert [
        path.name for path in DEPLOY.glob("*.md") if path.name != "index.md" and f"]({path.name})" not in text
    ] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_commands_exist(path: Path) -> None:
    """Scripts, management commands and files of deploy/ that a page names are there."""
    text = path.read_text()
    scripts = set(re.findall(r"shell_scripts/[\w.]+\.sh", text))
    assert [name for name in scripts if not (PROJECT_DIR / name).is_file()] == []
    commands = set(re.findall(r"(?:manage\.py|(?<![\w-])manage) ([a-z_]+)\b(?! page)", text))
    assert commands <= get_commands().keys()
    files = set(re.findall(r"(?<![\w/.-])deploy/[\w./-]+\w", text)) - {"deploy/site.conf", "deploy/index.md"}
    files -= {name for name in files if name.startswith("deploy/.env")}
    missing = [
        name for name in files if not (PROJECT_DIR / name).exists() and not (PROJECT_DIR / "docs" / name).exists()
    ]
    assert missing == []


def test_no_deployment_pushes_from_the_server() -> None:
    """S0-22."""
    server_side = [*(PROJECT_DIR / "deploy").rglob("*"), PROJECT_DIR / "shell_scripts/vps_deploy.sh", DEPLOY / "vps.md"]
    assert [path for path in server_side if path.is_file() and "git push" in path.read_text()] == []


class TestRunbook:
    def test_has_a_section_for_each_alarm(self) -> None:
        """And every invariant of the product is one."""
        text = (PROJECT_DIR / "docs/runbook.md").read_text()
        from apps.monitoring.selectors.invariants import INVARIANTS

        rows = [f"row *{invariant.title}*" for invariant in INVARIANTS] + [f"| `{item.name}` |" for item in INVARIANTS]
        assert [row for row in rows if row not in text] == []
        for row in ("Database", "Cache", "Celery"):
            assert f"row *{row}*" in text

    def test_has_a_row_for_each_alert_of_prometheus(self) -> None:
        text = (PROJECT_DIR / "docs/runbook.md").read_text()
        alerts = re.findall(r"- alert: (\w+)", (PROJECT_DIR / "prometheus/alerts.yml").read_text())
        assert alerts
        assert [alert for alert in alerts if f"`{alert}`" not in text] == []


def test_security_page_names_tests_that_exist() -> None:
    text = (PROJECT_DIR / "docs/security.md").read_text()
    rows = [line for line in text.splitlines() if ".py`" in line and line.startswith("|")]
    assert len(rows) >= 15
    named = {name for row in rows for name in re.findall(r"`([\w/]+\.py)`", row)}
    there = {str(path) for path in BACKEND_DIR.rglob("tests/**/test_*.py")}
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in there)] == []
    assert re.search(r"`security@[\w.-]+\.example`", text)


@pytest.fixture(scope="module")
def example() -> dict[str, str]:
    """The variables of deploy/env.example, those behind a `#` too."""
    lines = (PROJECT_DIR / "deploy/env.example").read_text().splitlines()
    pairs = [line.removeprefix("#").partition("=") for line in lines if re.match(r"#?[A-Z_]+=", line)]
    return {name: value.strip('"') for name, _, value in pairs}


class TestVariables:
    def test_of_the_example_are_read_by_the_product(self, example: dict[str, str]) -> None:
        """S2-34."""
        assert set(example) - KNOWN == COMPOSE_ONLY

    def test_that_are_required_stand_in_the_example(self, example: dict[str, str]) -> None:
        """S2-34."""
        required = [variable.names for variable in VARIABLES if variable.production is REQUIRED]
        assert required
        assert [names for names in required if not set(names) & set(example)] == []

    def test_filled_in_pass_the_check(self, example: dict[str, str]) -> None:
        """S2-32: the example with a real key and password starts production, without a warning."""
        filled = {name: value.replace("replace-me", "pw") for name, value in example.items() if value}
        filled["DJANGO_SECRET_KEY"] = secrets.token_urlsafe(64)
        check = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
        environment = filled | {"DJANGO_SETTINGS_MODULE": "config.settings.production", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(check, check=False, cwd=BACKEND_DIR, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def test_file_with_the_real_ones_is_ignored_by_git(self) -> None:
        """S2-34."""
        assert ".env\n" in (PROJECT_DIR / ".gitignore").read_text()


class TestPlatforms:
    @pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.yml")), ids=lambda path: path.name)
    def test_workflows_fit_their_schema(self, path: Path) -> None:
        """S3-37."""
        check = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows"]
        done = subprocess.run([*check, path], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout

    def test_railway_is_deployed_from_main_only_after_the_tests(self) -> None:
        """S3-37."""
        workflow = yaml.load((WORKFLOWS / "railway.yml").read_text(), Loader=yaml.BaseLoader)
        assert workflow["on"] == {"push": {"branches": ["main"]}}
        assert workflow["jobs"]["deploy"]["needs"] == "test"
        assert {"run": ".ci/run"} in workflow["jobs"]["test"]["steps"]
        steps = [step["run"] for step in workflow["jobs"]["deploy"]["steps"] if "railway up" in step.get("run", "")]
        assert [step.rpartition(" ")[2] for step in steps] == ["web", "worker", "notifier", "beat"]

    def test_workflows_may_only_read_the_repository(self) -> None:
        for path in WORKFLOWS.glob("*.yml"):
            assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}

    def test_railway_migrates_before_the_web_server_is_exchanged(self) -> None:
        settings = {path.stem: json.loads(path.read_text()) for path in (PROJECT_DIR / "deploy/railway").iterdir()}
        assert settings.keys() == {"web", "worker", "notifier", "beat"}
        assert all(one["build"]["dockerfilePath"] == "Dockerfile" for one in settings.values())
        assert "migrate --noinput" in settings["web"]["deploy"]["preDeployCommand"][0]
        assert settings["web"]["deploy"]["healthcheckPath"] == "/livez"
        assert settings["beat"]["deploy"]["numReplicas"] == 1

    def test_token_of_railway_is_seen_by_railway_alone(self) -> None:
        """Not by the scripts of what npm installs."""
        job = yaml.safe_load((WORKFLOWS / "railway.yml").read_text())["jobs"]["deploy"]
        assert "env" not in job
        for step in job["steps"]:
            assert ("RAILWAY_TOKEN" in step.get("env", {})) == step.get("run", "").startswith("railway up ")

    def test_dokku_waits_for_the_web_server_and_never_runs_two_beats(self) -> None:
        """S2-39: the check is the image's own, run inside the container; its keys are those that Dokku's schema has."""
        checks = json.loads((PROJECT_DIR / "deploy/dokku/app.json").read_text())
        assert checks.keys() == {"healthchecks"}, "`formation` with a quantity would switch `ps:scale` off"
        (web,) = checks["healthchecks"]["web"]
        assert web.keys() <= {"type", "name", "description", "command", "attempts", "wait", "timeout"}
        assert json.dumps(web["command"]) in (PROJECT_DIR / "Dockerfile").read_text()
        assert "dokku checks:disable season-tickets beat" in page("dokku")

    def test_dokku_starts_the_same_processes_as_heroku(self) -> None:
        """S2-39: without `cd`, because its image starts in the backend's folder."""
        heroku, dokku = (
            dict(line.split(": ", 1) for line in (PROJECT_DIR / name).read_text().splitlines())
            for name in ("Procfile", "deploy/dokku/Procfile")
        )
        assert dokku == {name: command.removeprefix("cd django-backend && ") for name, command in heroku.items()}
