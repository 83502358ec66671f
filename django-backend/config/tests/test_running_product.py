"""What a second terminal learns of the running product, and when it learns nothing."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from config.environment import BACKEND_DIR
from config.variables import VARIABLES
from devtools import running_product
from devtools.running_product import claim, complete_environment, note_variables, running_variables
from devtools.server_account import EmbeddedServiceError, state_folder, state_folders

OF_THE_SUITE = ("DJANGO_DATABASES", "DATABASE_URL", "DJANGO_CACHES", "REDIS_URL", "CELERY_BROKER_URL", "PG_BIN", "PORT")
PRODUCT = {"DATABASE_URL": "postgres://u:p@127.0.0.1:1/product", "REDIS_URL": "redis://127.0.0.1:2/0", "PORT": "8123"}
# A supervisor with a process of its own that outlives it, as those of honcho do.
SUPERVISOR = """
import sys, time
from contextlib import ExitStack
from multiprocessing import Process
from pathlib import Path
from devtools.running_product import claim, note_variables
state = Path(sys.argv[1])
stack = ExitStack()
claim(stack, state)
note_variables(state)
child = Process(target=time.sleep, args=(60,))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""
# A command that looks whether the product runs, at the slowest.
PROBE = """
import fcntl, sys, time
from pathlib import Path
from devtools import running_product
take = fcntl.lockf
def take_and_wait(*arguments):
    take(*arguments)
    print("looks", flush=True)
    time.sleep(1)
fcntl.lockf = take_and_wait
running_product._is_claimed(Path(sys.argv[1]))
"""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of a project in which nothing runs; no database is named."""
    for name in OF_THE_SUITE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(running_product, "BACKEND_DIR", tmp_path)
    monkeypatch.setattr(running_product._EnvFile, "ENVIRON", {})
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setattr(running_product, "state_folders", lambda _: (folder, tmp_path / "of another account"))
    return folder


@contextmanager
def running(state: Path, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a supervisor in a process of its own, since a lock does not hinder the process that has it."""
    environment = {name: value for name, value in os.environ.items() if name not in OF_THE_SUITE}
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(state)],
        cwd=BACKEND_DIR, env=environment | PRODUCT | variables, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        yield process
    finally:
        process.kill()
        os.kill(child, signal.SIGKILL)
        process.stdout.close()
        process.wait()


class TestRunningVariables:
    def test_are_those_of_the_supervisor(self, state: Path) -> None:
        with running(state, BUSINESS_TOTAL_EXPENSES="0.3", HOME="/not/in/the/table"):
            assert running_variables() | PRODUCT == running_variables()
            assert running_variables()["BUSINESS_TOTAL_EXPENSES"] == "0.3"
            assert "HOME" not in running_variables()

    def test_are_all_but_the_tokens_without_which_nothing_is_lost(
        self, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = {name for variable in VARIABLES for name in variable.names}
        for name in names:
            monkeypatch.setenv(name, "set by a person")
        note_variables(state)
        noted = running_product._read(state / "running.json")
        assert names - noted.keys() == {"GITHUB_ACCESS_TOKEN", "ROLLBAR_ACCESS_TOKEN"}

    def test_are_for_the_owner_alone(self, state: Path) -> None:
        with running(state):
            note = state / "running.json"
            assert note.stat().st_mode & 0o777 == 0o600
            note.chmod(0o620)
            with pytest.raises(EmbeddedServiceError, match="Others may read or change"):
                running_variables()

    def test_end_with_the_supervisor_even_when_its_children_live_on(self, state: Path) -> None:
        """After kill -9 the note lies there, and a forked process still has the lock's file open."""
        with running(state) as supervisor:
            supervisor.kill()
            supervisor.wait()
            assert (state / "running.json").exists()
            with pytest.raises(EmbeddedServiceError, match="is not running: start it in another terminal, or set"):
                running_variables()
            with ExitStack() as next_one:
                claim(next_one, state)
                assert not (state / "running.json").exists(), "the addresses of the dead one"

    def test_are_not_there_while_it_starts(self, state: Path) -> None:
        with running(state):
            (state / "running.json").unlink()
            with pytest.raises(EmbeddedServiceError, match="still starting"):
                running_variables()

    @pytest.mark.parametrize("readable", [True, False])
    def test_of_another_account_are_left_alone(
        self, state: Path, monkeypatch: pytest.MonkeyPatch, readable: bool
    ) -> None:
        """Root may read every note, and is not to work on the product of a developer all the same."""

        def refuse(_: Path) -> None:
            raise PermissionError  # root, which may run this, is refused nothing

        owner = pwd.getpwuid(os.geteuid()).pw_name
        with running(state), monkeypatch.context() as patch:
            patch.setattr(running_product, "state_folders", lambda _: (state / "own", state))
            patch.setattr(os, "geteuid", lambda: os.getuid() + 1)
            if not readable:
                patch.setattr(running_product, "_read", refuse)
            with pytest.raises(EmbeddedServiceError, match=f"runs under the account {owner}: use that one, or set"):
                running_variables()

    @pytest.mark.parametrize("text", ["", '{"PORT": "80', "[]", "null", '{"PORT": 8000}', "[" * 100_000, "\udcff"])
    def test_that_are_damaged_are_named_in_a_sentence(self, state: Path, text: str) -> None:
        with running(state):
            (state / "running.json").write_text(text, encoding="utf-8", errors="surrogateescape")
            with pytest.raises(EmbeddedServiceError, match=r"running\.json is damaged: stop shell_scripts"):
                running_variables()

    def test_two_supervisors_are_refused(self, state: Path) -> None:
        with running(state):
            with ExitStack() as second, pytest.raises(EmbeddedServiceError, match="running already"):
                claim(second, state)
            assert (state / "running.json").exists()


class TestClaim:
    def test_leaves_nothing_behind(self, state: Path) -> None:
        with ExitStack() as stack:
            claim(stack, state)
            note_variables(state)
        assert [path.name for path in state.iterdir()] == ["lock"]

    def test_is_not_refused_because_a_command_looks(self, state: Path) -> None:
        (state / "lock").touch()
        command = [sys.executable, "-c", PROBE, str(state)]
        with subprocess.Popen(command, cwd=BACKEND_DIR, stdout=subprocess.PIPE, text=True) as probe:
            assert probe.stdout is not None
            assert probe.stdout.readline() == "looks\n"
            with ExitStack() as stack:
                claim(stack, state)

    def test_outlives_a_look_of_the_supervisor_itself(self, state: Path) -> None:
        """A process loses its lock when it closes the file, through whichever descriptor."""
        look = "import sys; from pathlib import Path; from devtools import running_product as product;"
        command = [sys.executable, "-c", f"{look} sys.exit(product._is_claimed(Path(sys.argv[1])))", str(state)]
        with ExitStack() as stack:
            claim(stack, state)
            note_variables(state)
            running_variables()
            assert subprocess.run(command, cwd=BACKEND_DIR, check=False).returncode == 1, "seen from outside"
        assert subprocess.run(command, cwd=BACKEND_DIR, check=False).returncode == 0


@pytest.mark.parametrize("there_already", [False, True])
def test_others_pass_through_the_state_folder_and_list_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there_already: bool
) -> None:
    """As root the servers run as `nobody`, which must reach its own folders below."""
    monkeypatch.setattr("devtools.server_account._ROOT_STATE", tmp_path / "of root")
    if there_already:
        state_folder(tmp_path).chmod(0o755)
    assert state_folder(tmp_path).stat().st_mode & 0o777 == 0o711


def test_no_two_projects_share_a_folder_of_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    paths = ["/srv/a-b", "/srv/a/b", "/srv/a b", "/srv/a_b", f"/{'x' * 300}/srv/a", f"/{'y' * 300}/srv/a", "/"]
    folders = {state_folders(Path(path))[0] for path in paths}
    assert len(folders) == len(paths)
    assert max(len(folder.name) for folder in folders) < 100


class TestCompleteEnvironment:
    def test_takes_what_is_missing(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORT", "9000")
        with running(state, PG_BIN="/programs"), monkeypatch.context() as patch:
            patch.setattr(os, "environ", os.environ.copy())
            complete_environment()
            assert os.environ["DATABASE_URL"] == PRODUCT["DATABASE_URL"]
            assert os.environ["REDIS_URL"] == PRODUCT["REDIS_URL"]
            assert os.environ["PORT"] == "9000"
            assert os.environ["PATH"].endswith(f"{os.pathsep}/programs")

    @pytest.mark.parametrize("name", ["DATABASE_URL", "DJANGO_DATABASES"])
    def test_takes_nothing_with_a_database_of_ones_own(
        self, state: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        with running(state):
            monkeypatch.setenv(name, "postgres://u:p@127.0.0.1:9/own")
            before = dict(os.environ)
            complete_environment()
            assert dict(os.environ) == before

    def test_prefers_the_running_product_to_the_file_and_reads_the_file_again(
        self, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the product was started with beside .env.dev is noted; what .env.dev said may have changed since."""
        env_file = tmp_path / ".env.dev"
        env_file.write_text("PORT=8000\nTRIAGE_SLA_HOURS=24\n", encoding="utf-8")
        for name, value in {**PRODUCT, "TRIAGE_SLA_HOURS": "24"}.items():
            monkeypatch.setenv(name, value)
        note_variables(state)
        noted = running_product._read(state / "running.json")
        assert noted["PORT"] == "8123"
        assert "TRIAGE_SLA_HOURS" not in noted


@pytest.mark.parametrize("module", ["test", "build", "production", "local"])
def test_only_the_local_settings_look_for_the_product(module: str, tmp_path: Path) -> None:
    program = (
        "import sys, devtools.running_product as product\n"
        "product.complete_environment = lambda: print('looked')\n"
        "sys.path.insert(0, '.'); import config.settings.stage\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": f"config.settings.{module}"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=BACKEND_DIR, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == ("looked\n" if module == "local" else "")
