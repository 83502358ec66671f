"""Dockerfiles, docker-compose.yml and Procfile.

No Docker daemon is needed, and none of this shows that an image builds: the files are checked by their schemas and
linters, and the commands that can run outside a container are run here.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from django.core.management import get_commands
from django.db import connection

from config.api_description import DESCRIPTION
from config.environment import PROJECT_DIR
from config.tests.deployed import BEHIND_PROXY, PROGRAMS, copy_of_backend, production_variables
from config.tests.processes import free_port, listening_process, wait_until

DOCKERFILES = ("Dockerfile", "Dockerfile-dev", "Dockerfile-prod")
PRODUCTION_IMAGES = ("Dockerfile", "Dockerfile-prod")
# Started by `docker compose --profile metrics` alone.
METRICS = ("prometheus", "grafana")
PINNED = re.compile(r"[\w./-]+:(\d+\.\d+(\.\d+)?-[\w.]+|v?\d+\.\d+\.\d+)")


def instructions(file_name: str) -> list[tuple[str, str]]:
    """Return the (instruction, arguments) pairs of a Dockerfile, without comments and continuations."""
    lines = [line for line in (PROJECT_DIR / file_name).read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in joined if line.strip()]


def last(file_name: str, instruction: str) -> str:
    """Return the arguments of the last `instruction`, the one that counts."""
    return [arguments for name, arguments in instructions(file_name) if name == instruction][-1]


def program(name: str) -> str:
    """Return the path of a program of this virtual environment."""
    return str(PROGRAMS / name)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """docker-compose.yml, parsed; merge keys and anchors are resolved."""
    parsed: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())
    return parsed


class TestDockerfiles:
    @pytest.mark.parametrize("file_name", DOCKERFILES)
    def test_pass_hadolint(self, file_name: str) -> None:
        """S3-15, S4-35."""
        done = subprocess.run(
            [program("hadolint"), PROJECT_DIR / file_name], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
        assert not done.stdout

    @pytest.mark.parametrize("file_name", DOCKERFILES)
    def test_pin_their_base_image_to_a_patch_version(self, file_name: str) -> None:
        stages = [arguments for name, arguments in instructions(file_name) if name == "FROM"]
        bases = [stage.split()[0] for stage in stages if not stage.startswith("app ")]
        assert bases
        assert all(re.fullmatch(r"python:3\.\d+\.\d+-\w+[\d.]*(-\w+)?", base) for base in bases)

    def test_platform_image_is_alpine(self) -> None:
        """S4-35."""
        stages = [arguments for name, arguments in instructions("Dockerfile") if name == "FROM"]
        assert [stage for stage in stages if not stage.startswith("app ") and "-alpine" not in stage] == []

    @pytest.mark.parametrize("file_name", DOCKERFILES)
    def test_do_not_run_as_root(self, file_name: str) -> None:
        account = last(file_name, "USER").split(":")[0]
        assert int(account) > 0

    @pytest.mark.parametrize("file_name", DOCKERFILES)
    def test_have_a_health_check_and_a_command_without_a_shell(self, file_name: str) -> None:
        assert 'CMD ["python", "config/probe.py"]' in last(file_name, "HEALTHCHECK")
        assert last(file_name, "CMD").startswith('["')

    @pytest.mark.parametrize("file_name", DOCKERFILES)
    def test_put_no_secret_into_a_layer(self, file_name: str) -> None:
        for name, arguments in instructions(file_name):
            assert name != "ARG"
            if name == "ENV":
                assert not re.search(r"SECRET|TOKEN|PASSWORD|KEY|DATABASE|REDIS", arguments)

    @pytest.mark.parametrize("file_name", DOCKERFILES)
    def test_install_hash_checked_wheels_only(self, file_name: str) -> None:
        (install,) = (arguments for name, arguments in instructions(file_name) if "pip install" in arguments)
        assert "--require-hashes" in install
        assert install.count("--only-binary=:all:") == install.count("--require-hashes") == install.count("pip install")
        built = re.findall(r"--no-binary=(\S+)", install)
        assert built == (["google-re2"] if file_name == "Dockerfile" else [])
        assert ("--requirement /tmp/dev-requirements.txt" in install) == (file_name == "Dockerfile-dev")

    @pytest.mark.parametrize("file_name", PRODUCTION_IMAGES)
    def test_leave_the_build_tools_in_an_earlier_stage(self, file_name: str) -> None:
        bases = [arguments for name, arguments in instructions(file_name) if name == "FROM"]
        assert len([base for base in bases if not base.startswith("app ")]) == 2
        assert any(arguments.startswith("--from=builder") for name, arguments in instructions(file_name))

    def test_copy_only_what_dockerignore_lets_in(self) -> None:
        ignore = (PROJECT_DIR / ".dockerignore").read_text().splitlines()
        assert "*" in ignore
        assert "**/.env*" in ignore
        admitted = {line.removeprefix("!") for line in ignore if line.startswith("!")}
        copied = {
            arguments.split()[0]
            for file_name in DOCKERFILES
            for name, arguments in instructions(file_name)
            if name == "COPY" and not arguments.startswith("--from")
        }
        assert copied == admitted


class TestCompose:
    def test_fits_the_compose_schema(self) -> None:
        """S2-33, S3-05."""
        check = [program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
        done = subprocess.run(check, check=False, cwd=PROJECT_DIR, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout

    def test_has_every_part_of_the_product(self, compose: dict[str, Any]) -> None:
        """S2-33, S3-05."""
        assert compose["services"].keys() == {
            *("django", "postgres", "redis", "celeryworker", "celerybeat", "nginx"),
            "migrate",
            *METRICS,
        }

    def test_builds_the_development_image_and_reads_the_developers_variables(self, compose: dict[str, Any]) -> None:
        """S3-04, S3-15, S4-36."""
        for name in ("django", "celeryworker", "celerybeat", "migrate"):
            service = compose["services"][name]
            assert service["build"]["dockerfile"] == "Dockerfile-dev"
            assert service["env_file"] == ["django-backend/.env.dev"]
        assert "runserver" in compose["services"]["django"]["command"]

    def test_addresses_win_over_those_of_the_file(self, compose: dict[str, Any]) -> None:
        """The first names of the settings table, because the file may set those too."""
        postgres = compose["services"]["postgres"]["environment"]
        expected = f"postgres://{postgres['POSTGRES_USER']}:{postgres['POSTGRES_PASSWORD']}@postgres:5432/"
        environment = compose["services"]["django"]["environment"]
        assert environment["DJANGO_DATABASES"] == expected + postgres["POSTGRES_DB"]
        assert environment["DJANGO_CACHES"] == "redis://redis:6379/0"

    def test_pins_the_images_of_others(self, compose: dict[str, Any]) -> None:
        images = {service["image"] for service in compose["services"].values() if "build" not in service}
        assert len(images) == 5
        assert all(PINNED.fullmatch(image) for image in images)

    def test_keeps_data_in_named_volumes(self, compose: dict[str, Any]) -> None:
        """S2-36. PostgreSQL 18 images keep their data one folder higher than earlier ones."""
        assert compose["services"]["postgres"]["volumes"] == ["postgres_data:/var/lib/postgresql"]
        assert compose["services"]["redis"]["volumes"] == ["redis_data:/data"]
        assert compose["volumes"].keys() == {"postgres_data", "redis_data"}

    def test_starts_processes_after_one_migration(self, compose: dict[str, Any]) -> None:
        for name in ("django", "celeryworker", "celerybeat"):
            needed = {key: value["condition"] for key, value in compose["services"][name]["depends_on"].items()}
            assert needed == {
                "postgres": "service_healthy",
                "redis": "service_healthy",
                "migrate": "service_completed_successfully",
            }
        assert compose["services"]["nginx"]["depends_on"] == {"django": {"condition": "service_healthy"}}

    def test_runs_one_beat(self, compose: dict[str, Any]) -> None:
        """S2-37."""
        assert compose["services"]["celerybeat"]["deploy"]["replicas"] == 1

    def test_opens_ports_to_this_machine_alone(self, compose: dict[str, Any]) -> None:
        """S2-35."""
        ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
        assert ports == {
            "nginx": ["${HTTP_ADDRESS:-127.0.0.1}:${HTTP_PORT:-8080}:80"],
            "prometheus": ["127.0.0.1:${PROMETHEUS_PORT:-9090}:9090"],
            "grafana": ["127.0.0.1:${GRAFANA_PORT:-3000}:3000"],
        }

    def test_starts_metrics_only_when_asked_to(self, compose: dict[str, Any]) -> None:
        """Nobody needs them to work with the product."""
        profiled = {name for name, service in compose["services"].items() if service.get("profiles") == ["metrics"]}
        assert profiled == set(METRICS)


class TestProcfile:
    def test_names_every_process(self) -> None:
        """S3-36."""
        processes = dict(line.split(": ", 1) for line in (PROJECT_DIR / "Procfile").read_text().splitlines())
        assert processes.keys() == {"release", "web", "worker", "beat"}
        assert processes["web"] == "cd django-backend && exec gunicorn -c config/gunicorn.py config.wsgi"

    @pytest.mark.parametrize("file_name", ["Procfile", "docker-compose.yml", *DOCKERFILES])
    def test_management_commands_exist(self, file_name: str) -> None:
        text = (PROJECT_DIR / file_name).read_text()
        named = set(re.findall(r'manage\.py"?,? "?(\w+)', text))
        assert named
        assert named <= get_commands().keys()


@pytest.fixture(scope="module")
def image_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application folder of the production images: what .dockerignore lets in, and its static files collected."""
    (collect,) = (arguments for name, arguments in instructions("Dockerfile") if "collectstatic" in arguments)
    return copy_of_backend(tmp_path_factory.mktemp("app"), collect)


@pytest.fixture
def production() -> dict[str, str]:
    """Variables of a production container."""
    return production_variables()


class TestImageBuild:
    def test_collects_static_files_without_a_secret(self, image_folder: Path) -> None:
        """S3-43: the fixture ran the RUN line of the Dockerfile with an empty environment."""
        assert (image_folder / "staticfiles/staticfiles.json").is_file()
        assert list((image_folder / "staticfiles/admin/css").glob("base.*.css.gz"))

    def test_both_production_images_collect_alike(self) -> None:
        collects = [
            [arguments for name, arguments in instructions(file_name) if "collectstatic" in arguments]
            for file_name in PRODUCTION_IMAGES
        ]
        assert collects[0] == collects[1]


@pytest.mark.stack
class TestWebContainer:
    @pytest.fixture
    def web(self, image_folder: Path, production: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
        """The image's own command with $PORT; yields its variables."""
        environment = production | {"PORT": str(free_port()), "ADMIN_ENABLED": "True"}
        command = yaml.safe_load(last("Dockerfile", "CMD"))
        with listening_process(
            [program(command[0]), *command[1:]],
            port=int(environment["PORT"]),
            cwd=image_folder,
            log=tmp_path / "web.log",
            env=environment,
        ):
            yield environment

    def test_answers_on_the_port_it_is_given(self, web: dict[str, str]) -> None:
        """S3-36, S2-05."""
        address = f"http://127.0.0.1:{web['PORT']}"
        assert requests.get(f"{address}/livez", headers=BEHIND_PROXY, timeout=60).status_code == 200
        page = requests.get(f"{address}/admin/login/", headers=BEHIND_PROXY, timeout=60)
        assert page.status_code == 200
        style = re.search(r'href="(/static/[^"]+\.css)"', page.text)
        assert style
        answer = requests.get(address + style[1], headers=BEHIND_PROXY, timeout=60)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]

    def test_has_the_api_description(self, web: dict[str, str]) -> None:
        answer = requests.get(f"http://127.0.0.1:{web['PORT']}/api/schema/", headers=BEHIND_PROXY, timeout=60)
        assert answer.content == DESCRIPTION.read_bytes()

    def test_health_check_of_the_image_passes(self, web: dict[str, str], image_folder: Path) -> None:
        assert self._probe(image_folder, web).returncode == 0

    def test_health_check_of_the_image_fails_when_nothing_listens(
        self, production: dict[str, str], image_folder: Path
    ) -> None:
        done = self._probe(image_folder, production | {"PORT": str(free_port())})
        assert done.returncode == 1
        assert "refused" in done.stderr

    def _probe(self, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        command = yaml.safe_load(last("Dockerfile", "HEALTHCHECK").partition("CMD ")[2])
        return subprocess.run(
            [program(command[0]), *command[1:]],
            check=False,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )


@pytest.mark.stack
class TestEntryPoint:
    def _run(self, folder: Path, environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
        entry_point = PROJECT_DIR / "shell_scripts/docker_entrypoint.sh"
        return subprocess.run(
            [entry_point, *command],
            check=False,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=45,
        )

    @pytest.mark.django_db
    def test_becomes_the_command_when_the_schema_is_there(self, image_folder: Path, production: dict[str, str]) -> None:
        server, _, _ = production["DATABASE_URL"].rpartition("/")
        migrated = production | {"DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}"}
        done = self._run(image_folder, migrated, "echo", "started", "with $HOME")
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith("started with $HOME\n")

    def test_gives_up_on_a_database_without_the_schema(self, image_folder: Path, production: dict[str, str]) -> None:
        server, _, _ = production["DATABASE_URL"].rpartition("/")
        empty = production | {"DATABASE_URL": f"{server}/postgres", "MIGRATION_WAIT_SECONDS": "0"}
        done = self._run(image_folder, empty, "echo", "started")
        assert done.returncode == 1
        assert "started" not in done.stdout
        assert "lacks this release's migrations" in done.stderr

    def test_names_a_wrong_setting_at_once(self, image_folder: Path, production: dict[str, str]) -> None:
        wrong = production | {"BUSINESS_TOTAL_EXPENSES": "1", "MIGRATION_WAIT_SECONDS": "3600"}
        done = self._run(image_folder, wrong, "echo", "started")
        assert done.returncode != 0
        assert "BUSINESS_TOTAL_EXPENSES" in done.stderr

    def test_ends_on_a_signal_while_it_waits(self, tmp_path: Path) -> None:
        """By its own decision: as process 1 of a container it would take no notice of a signal without a trap."""
        waits = tmp_path / "python"
        waits.write_text(f'#!/bin/sh\n[ "$2" = check ] || {{ echo x >>{tmp_path}/asked; exit 1; }}\n')
        waits.chmod(0o755)
        process = subprocess.Popen(
            [PROJECT_DIR / "shell_scripts/docker_entrypoint.sh", "gunicorn"], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}
        )
        wait_until((tmp_path / "asked").exists)
        process.terminate()
        assert process.wait(120) == 143

    def test_lets_the_migration_itself_pass(self, image_folder: Path, production: dict[str, str]) -> None:
        done = self._run(image_folder, production, "python", "-c", "print('migrating')")
        assert done.stdout == "migrating\n"
