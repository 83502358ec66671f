"""deploy/docker-compose.production.yml: parsed and checked for what matters; no Docker daemon is needed."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.environment import PROJECT_DIR
from config.tests.shims import clean_environment
from config.variables import VARIABLES

FILE = PROJECT_DIR / "deploy/docker-compose.production.yml"
KNOWN = {name for variable in VARIABLES for name in variable.names} | {"DJANGO_SETTINGS_MODULE"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file, parsed; merge keys and anchors are resolved."""
    parsed: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return parsed


def test_fits_the_compose_schema() -> None:
    """S2-33."""
    check = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", FILE]
    done = subprocess.run(check, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_backup_uses_the_script_with_options_it_knows(compose: dict[str, Any]) -> None:
    (command,) = compose["services"]["backup"]["command"]
    script = PROJECT_DIR / "shell_scripts/backup.sh"
    assert f"/shell_scripts/{script.name} " in command
    help_text = subprocess.run(
        [script, "--help"], env=clean_environment(), check=True, capture_output=True, text=True
    ).stdout
    options = [word for word in command.split() if word.startswith("--")]
    assert options
    assert [option for option in options if option not in help_text] == []


def test_has_every_part(compose: dict[str, Any]) -> None:
    """S2-33."""
    assert compose["services"].keys() == {
        *("postgres", "pgbouncer", "redis", "migrate", "django", "celeryworker", "celerynotifier", "celerybeat"),
        *("nginx", "backup", "certbot"),
    }
    assert [name for name, service in compose["services"].items() if service.get("env_file")] == [
        *("migrate", "django", "celeryworker", "celerynotifier", "celerybeat"),
    ]


def test_pins_every_image(compose: dict[str, Any]) -> None:
    """S1-05."""
    ours = "season-tickets-tech-backend:${IMAGE_TAG:-1.0.0}"
    others = {service["image"] for service in compose["services"].values()} - {ours}
    assert len(others) == 5
    assert [image for image in others if not re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.?\d*(-[\w.]+)?", image)] == []


def test_runs_one_beat_and_one_postgres(compose: dict[str, Any]) -> None:
    """S2-37."""
    assert compose["services"]["celerybeat"]["deploy"]["replicas"] == 1
    assert "deploy" not in compose["services"]["postgres"]


def test_pools_transactions_for_the_processes_but_not_for_the_migration(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["pgbouncer"]["environment"]["POOL_MODE"] == "transaction"
    assert "@pgbouncer:" in services["django"]["environment"]["DJANGO_DATABASES"]
    for name, variable in (("migrate", "DJANGO_DATABASES"), ("backup", "DATABASE_URL")):
        assert "@postgres:" in services[name]["environment"][variable]


def test_migrates_before_anything_starts(compose: dict[str, Any]) -> None:
    for name in ("django", "celeryworker", "celerynotifier", "celerybeat", "backup"):
        needed = compose["services"][name]["depends_on"]["migrate"]
        assert needed == {"condition": "service_completed_successfully"}


def test_opens_http_and_https_of_nginx_alone(compose: dict[str, Any]) -> None:
    """S2-35."""
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert ports == {"nginx": ["${HTTP_ADDRESS:-0.0.0.0}:80:80", "${HTTP_ADDRESS:-0.0.0.0}:443:443"]}
    assert compose["networks"]["data"] == {"internal": True}


def test_nginx_meets_the_web_server_and_no_database(compose: dict[str, Any]) -> None:
    """What gets into the one process that faces the world is not beside PostgreSQL and Redis."""
    services = compose["services"]
    assert services["nginx"]["networks"] == ["outside"]
    assert "outside" in services["django"]["networks"]
    for name in ("postgres", "pgbouncer", "redis", "backup"):
        assert services[name]["networks"] == ["data"]


def test_every_process_of_ours_is_watched_and_has_a_parent(compose: dict[str, Any]) -> None:
    """The beat by the same command as in Kubernetes, where its effect is tested; web by the image's own."""
    services = compose["services"]
    for name in ("django", "celeryworker", "celerynotifier", "celerybeat"):
        assert services[name]["init"] is True
        assert "disable" not in services[name].get("healthcheck", {})
    (deployment,) = yaml.safe_load_all((PROJECT_DIR / "deploy/kubernetes/beat.yaml").read_text())
    (beat,) = deployment["spec"]["template"]["spec"]["containers"]
    assert services["celerybeat"]["healthcheck"]["test"][1] == beat["livenessProbe"]["exec"]["command"][2]
    assert services["redis"]["command"][-2:] == ["--maxmemory-policy", "noeviction"], "it holds tasks"


def test_gives_the_web_server_time_to_finish(compose: dict[str, Any]) -> None:
    assert compose["services"]["django"]["stop_grace_period"] == "45s"


def test_variables_are_known(compose: dict[str, Any]) -> None:
    assert set(compose["services"]["migrate"]["environment"]) <= KNOWN


def test_keeps_data_in_volumes_that_stay(compose: dict[str, Any]) -> None:
    """S2-36."""
    assert compose["services"]["postgres"]["volumes"] == ["postgres_data:/var/lib/postgresql"]
    assert compose["volumes"].keys() == {"postgres_data", "redis_data", "certificates", "acme_challenges"}
