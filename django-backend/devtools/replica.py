"""A streaming replica of a PostgreSQL server, from the same wheel as the embedded server."""

import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from devtools.embedded import PostgresServer
from devtools.server_account import EmbeddedServiceError, server_programs

# A query of the replica that stands in the way of what the primary has done is cancelled after that.
_LONGEST_CONFLICT: Final = "1s"


class PostgresReplica(PostgresServer):
    """A copy that follows the server at `primary_url`, a superuser's address; it keeps accounts and passwords."""

    def __init__(self, folder: Path, primary_url: str, *, throw_away: bool) -> None:
        self._primary_url = primary_url
        super().__init__(folder, throw_away=throw_away)

    def _password(self) -> str:
        password = urlsplit(self._primary_url).password or ""
        self._write_secret(self.folder / "password", password)
        return password

    def _prepare(self) -> None:
        data = self.folder / "data"
        if data.exists():
            return
        program = str(server_programs(self.account)[0] / "pg_basebackup")
        address = urlsplit(self._primary_url)
        where = [f"--host={address.hostname}", f"--port={address.port}", f"--username={address.username}"]
        done = subprocess.run(  # noqa: S603 - our own program and arguments
            [program, f"--pgdata={data}", *where, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"],
            env={"PGPASSWORD": self.password},
            capture_output=True,
            text=True,
            check=False,
            **self.account.popen_options(),
        )
        if done.returncode != 0:
            raise EmbeddedServiceError(f"The replica could not copy its primary:\n{done.stderr.strip()}")

    def _command(self) -> list[str]:
        return [*super()._command(), "-c", f"max_standby_streaming_delay={_LONGEST_CONFLICT}"]
