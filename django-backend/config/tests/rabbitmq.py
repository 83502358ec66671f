"""A private RabbitMQ for tests: Debian's program on free loopback ports, with a folder and a name daemon of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.tests.processes import free_port
from devtools.embedded import Server

# Below /usr/sbin stands a wrapper that changes to the account `rabbitmq` and refuses every other.
_PROGRAMS = Path("/usr/lib/rabbitmq/bin")


class RabbitServer(Server):
    """RabbitMQ with a password, loopback only; its queues and messages outlive a restart."""

    name = "rabbitmq"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """The address for CELERY_BROKER_URL."""
        return f"amqp://tests:{self.password}@127.0.0.1:{self.port}//"

    def stop(self) -> None:
        """End the server, then the name daemon that it left running."""
        super().stop()
        if self.process is not None:
            subprocess.run(["epmd", "-kill"], env=self._environment(), capture_output=True, check=False)

    def answers(self) -> bool:
        """Return whether the server has begun to take connections."""
        return "Server startup complete" in self.log.read_text(errors="replace").rpartition("=== start")[2]

    def _prepare(self) -> None:
        self._epmd_port, self._dist_port = free_port(), free_port()
        with self.log.open("a", encoding="utf-8") as log:
            log.write("=== start\n")

    def _command(self) -> list[str]:
        configuration = self.folder / "rabbitmq.conf"
        configuration.write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\ndefault_user = tests\ndefault_pass = {self.password}\n"
            "log.console = true\nlog.console.level = info\nlog.file = false\n",
            encoding="ascii",
        )
        configuration.chmod(0o600)
        if not self.account.is_current:
            os.chown(configuration, self.account.uid, self.account.gid)
        variables = [f"{name}={value}" for name, value in self._environment().items()]
        return ["env", "-i", *variables, str(_PROGRAMS / "rabbitmq-server")]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),  # where Erlang keeps the secret that rabbitmqctl shares with the server
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_NODENAME": f"tests{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
        }


@contextmanager
def throw_away_rabbitmq() -> Iterator[RabbitServer]:
    """Start a fresh RabbitMQ, yield it, stop it and remove every file; skip the test where it is not installed."""
    if shutil.which("rabbitmq-server") is None:
        pytest.skip("rabbitmq-server is not installed")
    folder = Path(tempfile.mkdtemp(prefix="stt-"))
    folder.chmod(0o711)  # the server's account must be able to pass through
    server = RabbitServer(folder / "rabbitmq", throw_away=True)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
