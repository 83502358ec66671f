"""deploy/systemd: the units are valid, locked down, and what they start works."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from config.environment import BACKEND_DIR, PROJECT_DIR
from config.tests.deployed import BEHIND_PROXY, PROGRAMS, production_variables
from config.tests.processes import free_port, listening_process
from config.tests.shims import clean_environment
from config.tests.test_nginx import NGINX, _command, _private_copy
from devtools.embedded import throw_away_services

UNITS = PROJECT_DIR / "deploy/systemd"
SERVICES = sorted(UNITS.glob("*.service"))
LONG_RUNNING = ("web", "worker", "notifier", "beat")
QUEUES = ("default", "notifications")
INSTALLED = "/srv/season-tickets"


class Unit:
    """A unit file: each section's settings; a name may stand there more than once."""

    def __init__(self, path: Path) -> None:
        self.settings: dict[str, list[str]] = {}
        for line in path.read_text().splitlines():
            if line and line[0] not in "#[":
                name, _, value = line.partition("=")
                self.settings.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> str:
        (value,) = self.settings[name]
        return value

    def command(self) -> list[str]:
        """Return ExecStart as it is run here: this checkout, this environment, this folder for state."""
        words = self["ExecStart"].replace("%%", "%").split()
        assert words[0].startswith(f"{INSTALLED}/.venv/bin/")
        return [str(PROGRAMS / Path(words[0]).name), *words[1:]]


def unit(name: str) -> Unit:
    """Return the unit of a process."""
    return Unit(UNITS / f"season-tickets-{name}.service")


class TestFiles:
    @pytest.mark.parametrize("path", sorted(UNITS.iterdir()), ids=lambda path: path.name)
    def test_are_accepted_by_systemd(self, path: Path, tmp_path: Path) -> None:
        """S0-19: with this checkout where the machine has /srv/season-tickets."""
        analyze = shutil.which("systemd-analyze")
        if analyze is None:
            pytest.skip("systemd is not installed")
        root = tmp_path / "season-tickets"
        (root / ".venv").mkdir(parents=True)
        (root / ".venv/bin").symlink_to(PROGRAMS)
        (root / "shell_scripts").symlink_to(PROJECT_DIR / "shell_scripts")
        for file in UNITS.iterdir():
            (tmp_path / file.name).write_text(file.read_text().replace(INSTALLED, str(root)))
        done = subprocess.run([analyze, "verify", tmp_path / path.name], check=False, capture_output=True, text=True)
        complaints = [line for line in done.stderr.splitlines() if "season-tickets" in line]
        assert complaints == []
        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
    def test_run_as_an_account_without_rights(self, path: Path) -> None:
        service = Unit(path)
        assert service["User"] == "season-tickets"
        assert service["ProtectSystem"] == "strict"
        assert service["CapabilityBoundingSet"] == ""
        for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectKernelTunables"):
            assert service[name] == "yes"
        assert service["EnvironmentFile"] == "/etc/season-tickets/production.env"

    @pytest.mark.parametrize("name", LONG_RUNNING)
    def test_come_back_after_any_end_and_wait_for_the_schema(self, name: str) -> None:
        service = unit(name)
        assert service["Restart"] == "always"
        assert service["StartLimitIntervalSec"] == "0"
        assert service["ExecStartPre"].endswith("manage.py migrate --check")

    def test_web_stops_gracefully_and_keeps_its_port(self) -> None:
        """S0-23."""
        web = unit("web")
        assert web["ExecReload"] == "/bin/kill -HUP $MAINPID"
        assert (web["Type"], web["KillMode"]) == ("notify", "mixed")
        graceful = int(re.search(r"graceful_timeout = (\d+)", (BACKEND_DIR / "config/gunicorn.py").read_text())[1])  # type: ignore[index]
        assert int(web["TimeoutStopSec"]) > graceful
        assert web["Requires"] == "season-tickets-web.socket"
        listens = Unit(UNITS / "season-tickets-web.socket")["ListenStream"]
        assert f"server {listens};" in (PROJECT_DIR / "deploy/nginx/host.conf").read_text()

    def test_every_queue_has_a_worker(self) -> None:
        queues = [re.search(r"--queues (\S+)", unit(name)["ExecStart"])[1] for name in ("worker", "notifier")]  # type: ignore[index]
        assert sorted(queues) == ["default,payments", "notifications"]
        assert unit("notifier")["PartOf"] == "season-tickets-worker.service"

    def test_backup_runs_every_night_by_the_script_with_options_it_knows(self) -> None:
        command = unit("backup")["ExecStart"].split()
        script = PROJECT_DIR / Path(command[0]).relative_to(INSTALLED)
        help_text = subprocess.run(
            [script, "--help"], env=clean_environment(), check=True, capture_output=True, text=True
        ).stdout
        options = [word for word in command if word.startswith("--")]
        assert options
        assert [option for option in options if option not in help_text] == []
        timer = Unit(UNITS / "season-tickets-backup.timer")
        assert timer["OnCalendar"] == "*-*-* 02:00:00 America/Los_Angeles"
        assert timer["Persistent"] == "true"

    def test_account_may_do_as_root_what_the_deployment_does_and_nothing_else(self) -> None:
        """S0-23: compared with what the script would run."""
        deploy = [PROJECT_DIR / "shell_scripts/vps_deploy.sh", "--dry-run"]
        shown = subprocess.run(deploy, env=clean_environment(), check=True, capture_output=True, text=True).stdout
        programs = {"systemctl": "/usr/bin/systemctl", "nginx": "/usr/sbin/nginx"}
        needed = {
            " ".join([programs[words[0]], *words[1:]])
            for line in shown.splitlines()
            if (words := line.lstrip("+ ").removeprefix("sudo ").split()) and words[0] in programs
        }
        text = (PROJECT_DIR / "deploy/sudoers").read_text().partition("NOPASSWD:")[2].replace("\\\n", " ")
        allowed = {" ".join(command.split()) for command in text.split(",")}
        assert needed
        assert allowed == needed


@pytest.mark.stack
class TestProcesses:
    def test_all_four_make_a_product(self, tmp_path: Path) -> None:
        """S0-19, S0-25: each ExecStart by hand, behind nginx, on servers of its own; the health check is green."""
        with throw_away_services() as (postgres, redis), ExitStack() as stack:
            port = free_port()
            variables = production_variables() | {
                "DATABASE_URL": postgres.url,
                "REDIS_URL": redis.url,
                "HEALTH_CHECK_TOKEN": "token-of-the-units",
                "PORT": str(port),
                # nginx speaks http here; test_deploy_tls has the certificate.
                "DJANGO_SECURE_SSL_REDIRECT": "False",
            }
            before = unit("web")["ExecStartPre"].split()[1:]
            # The one database of the server that nobody has migrated.
            empty = variables | {"DATABASE_URL": f"{postgres.url.rpartition('/')[0]}/postgres"}
            done = subprocess.run([sys.executable, *before], check=False, cwd=BACKEND_DIR, env=empty)
            assert done.returncode != 0, "ExecStartPre must hold a process back from an empty database"
            for step in ("migrate --noinput", "load_reference_data", "setup_staff_group"):
                manage = [sys.executable, "manage.py", *step.split()]
                subprocess.run(manage, check=True, cwd=BACKEND_DIR, env=variables, capture_output=True)
            subprocess.run([sys.executable, *before], check=True, cwd=BACKEND_DIR, env=variables, capture_output=True)

            begin = time.monotonic()
            web = unit("web").command()
            stack.enter_context(
                listening_process(web, port=port, cwd=BACKEND_DIR, log=tmp_path / "web.log", env=variables)
            )
            assert requests.get(f"http://127.0.0.1:{port}/livez", headers=BEHIND_PROXY, timeout=60).text == "ok\n"
            assert time.monotonic() - begin < 120  # S0-25: the bound is the seed's own
            for name in ("worker", "notifier", "beat"):
                stack.enter_context(_running(name, tmp_path, variables))
            health = self._green(stack.enter_context(_nginx(tmp_path, port)) if NGINX else port)
            assert health["Celery"]["status"] == "working"
            answered = self._workers(variables)
            for name in QUEUES:
                assert f"{name}@" in answered

    def _green(self, port: int) -> dict[str, dict[str, str]]:
        headers = BEHIND_PROXY | {"Authorization": "token-of-the-units"}
        deadline = time.monotonic() + 60
        while True:
            answer = requests.get(f"http://127.0.0.1:{port}/api/health-check/?format=json", headers=headers, timeout=60)
            if answer.status_code == 200:
                rows: dict[str, dict[str, str]] = answer.json()
                return rows
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)

    def _workers(self, variables: dict[str, str]) -> str:
        # By name, or it would wait the whole time for others that may answer.
        both = ",".join(f"{name}@{socket.gethostname()}" for name in QUEUES)
        ask = [str(PROGRAMS / "celery"), "-A", "config", "inspect", "ping", "--timeout", "90", "--destination", both]
        return subprocess.run(ask, check=True, cwd=BACKEND_DIR, env=variables, capture_output=True, text=True).stdout


@contextmanager
def _nginx(folder: Path, upstream: int) -> Iterator[int]:
    """Run nginx in front of the web process until the block ends; return its port."""
    port = free_port()
    configuration = _private_copy(folder, listen=port, upstream=upstream)
    with listening_process(_command(configuration), port=port, cwd=folder, log=folder / "nginx.log"):
        yield port


@contextmanager
def _running(name: str, folder: Path, variables: dict[str, str]) -> Iterator[None]:
    """Run a unit that listens nowhere until the block ends."""
    command = [word.replace("/var/lib/season-tickets", str(folder)) for word in unit(name).command()]
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=BACKEND_DIR, env=variables, stdout=output, stderr=output)
    try:
        yield
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(60)
