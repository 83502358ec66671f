"""deploy/supervisor: a real supervisord keeps the compose stack running, with a stand-in of Docker."""

import shutil
import subprocess
from collections.abc import Iterator
from configparser import RawConfigParser
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.environment import PROJECT_DIR
from config.tests.deployed import PROGRAMS
from config.tests.processes import text_with, wait_until

FILE = PROJECT_DIR / "deploy/supervisor/season-tickets.conf"
INSTALLED = "/srv/season-tickets"
SUPERVISORD = shutil.which("supervisord", path=f"{PROGRAMS}:/usr/local/bin:/usr/bin")

# Like `docker compose up`: it stays in the foreground, TERM ends it after its containers. It writes down what happens,
# and ends at once as often as the file `refusals` says: as long as the Docker daemon is not there.
_DOCKER = """#!/bin/bash
state=$(dirname "$0")/..
echo "began $PWD $*" >>"$state/events"
left=$(cat "$state/refusals")
if [ "$left" -gt 0 ]; then echo $((left - 1)) >"$state/refusals"; echo "no daemon" >&2; exit 1; fi
trap 'echo stopped >>"$state/events"; exit 0' TERM
while :; do sleep 0.05; done
"""


class Supervisor:
    """A supervisord with our file, and what its program did."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def state(self) -> str:
        """Return what supervisorctl says of the program: RUNNING, BACKOFF, …."""
        return self._ask("status").split()[1]

    def stop(self) -> None:
        """Stop the program as its page says."""
        self._ask("stop", "season-tickets")

    def events(self) -> list[str]:
        """Return what Docker's stand-in wrote down."""
        file = self.folder / "events"
        return file.read_text().splitlines() if file.exists() else []

    def wait_for_events(self, number: int) -> list[str]:
        """Return the events once there are so many."""
        wait_until(lambda: len(self.events()) >= number, details=lambda: (self.events(), self.state()))
        return self.events()

    def _ask(self, *words: str) -> str:
        assert SUPERVISORD
        ctl = str(Path(SUPERVISORD).with_name("supervisorctl"))
        command = [ctl, "--configuration", str(self.folder / "supervisord.conf"), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60).stdout


@contextmanager
def supervised(folder: Path, *, refusals: int, text: str) -> Iterator[Supervisor]:
    """Run supervisord with the program of `text` until the block ends; Docker refuses so many times before."""
    project = folder / "a project"
    for name in (project, folder / "bin", folder / "logs"):
        name.mkdir()
    (folder / "refusals").write_text(str(refusals))
    (folder / "bin/docker").write_text(_DOCKER)
    (folder / "bin/docker").chmod(0o755)
    (folder / "program.conf").write_text(text.replace(INSTALLED, str(project)))
    (folder / "supervisord.conf").write_text(
        f"[supervisord]\nnodaemon=true\nlogfile={folder}/supervisord.log\npidfile={folder}/pid\nchildlogdir={folder}/logs\n"
        f"[unix_http_server]\nfile={folder}/s\n[supervisorctl]\nserverurl=unix://{folder}/s\n"
        "[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
        f"[include]\nfiles={folder}/program.conf\n"
    )
    assert SUPERVISORD
    process = subprocess.Popen(
        [SUPERVISORD, "--configuration", str(folder / "supervisord.conf")],
        env={"PATH": f"{folder}/bin:/usr/bin:/bin"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield Supervisor(folder)
    finally:
        process.terminate()
        process.wait(120)


def test_program_has_what_the_seed_asks_for() -> None:
    """S2-38."""
    parser = RawConfigParser(inline_comment_prefixes=None)
    parser.read(FILE)
    program = parser["program:season-tickets"]
    assert program["command"].endswith("docker-compose.production.yml up")
    assert (PROJECT_DIR / program["command"].split()[3]).is_file()
    assert program["directory"] == INSTALLED
    flags = [program[name] for name in ("redirect_stderr", "autostart", "autorestart")]
    assert flags == ["true", "true", "true"]
    assert program["priority"] == "10"
    assert int(program["startretries"]) > 86_400, "enough for a Docker daemon that is away for a day"


@pytest.mark.stack
@pytest.mark.skipif(SUPERVISORD is None, reason="supervisor is not installed")
class TestSupervisord:
    def test_starts_compose_and_starts_it_again_when_it_ends(self, tmp_path: Path) -> None:
        """S2-38: `docker compose up` in the project's root; the second beginning is supervisor's own."""
        with supervised(tmp_path, refusals=0, text=FILE.read_text()) as supervisor:
            (began,) = supervisor.wait_for_events(1)
            assert began == f"began {tmp_path}/a project compose --file deploy/docker-compose.production.yml up"
            subprocess.run(["pkill", "--parent", self._pid(tmp_path), "-KILL"], check=True)
            assert supervisor.wait_for_events(2) == [began, began]

    def test_stop_lets_compose_end_its_containers(self, tmp_path: Path) -> None:
        with supervised(tmp_path, refusals=0, text=FILE.read_text()) as supervisor:
            supervisor.wait_for_events(1)
            supervisor.stop()
            assert supervisor.wait_for_events(2)[-1] == "stopped"
            assert supervisor.state() == "STOPPED"

    def test_waits_for_a_docker_that_comes_late(self, tmp_path: Path) -> None:
        with supervised(tmp_path, refusals=1, text=FILE.read_text()) as supervisor:
            supervisor.wait_for_events(2)
            assert supervisor.state() in {"STARTING", "RUNNING"}

    def test_without_its_retries_it_gives_up(self, tmp_path: Path) -> None:
        """What `startretries` is for: supervisor's default of 3 is over after six seconds, and then it stays down."""
        lines = FILE.read_text().splitlines()
        text = "\n".join("startretries=0" if line.startswith("startretries=") else line for line in lines)
        with supervised(tmp_path, refusals=1, text=text) as supervisor:
            supervisor.wait_for_events(1)
            wait_until(lambda: supervisor.state() == "FATAL", details=supervisor.state)
            assert len(supervisor.events()) == 1

    def _pid(self, folder: Path) -> str:
        return text_with(folder / "pid", "\n").strip()
