"""What a product on several machines has between its processes: each a real server, here on loopback."""

import shutil
import signal
import subprocess
from pathlib import Path
from typing import Final

import psutil

from config.environment import PROJECT_DIR
from devtools.embedded import DATABASE, PostgresServer, RedisServer, Server
from devtools.server_account import server_programs

_SENTINEL_NAME: Final = "season-tickets"


def program(name: str) -> str | None:
    """Return where a server of the distribution is; Debian's folder for them is not in the path of every account."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


def kill(process: "psutil.Process | subprocess.Popen[bytes] | None") -> None:
    """End a process and what it has started at once, as a machine that loses its power does."""
    if process is None:
        return
    root = psutil.Process(process.pid)
    gone = [root, *root.children(recursive=True)]
    for one in gone:
        one.kill()
    psutil.wait_procs(gone, timeout=10)


class _Configured(Server):
    """A server with a configuration file, which answers when it listens."""

    def answers(self) -> bool:
        """Return whether one of its processes listens."""
        if self.process is None:
            return False
        root = psutil.Process(self.process.pid)
        sockets = [socket for one in (root, *root.children()) for socket in one.net_connections("tcp")]
        return any(socket.status == psutil.CONN_LISTEN for socket in sockets)

    def _configure(self, file: str, text: str) -> str:
        path = self.folder / file
        self._write_secret(path, text)
        return str(path)


class PgBouncer(_Configured):
    """PgBouncer in transaction mode before a primary and its replica."""

    name = "pgbouncer"
    stop_signal = signal.SIGINT

    def __init__(self, folder: Path, primary: PostgresServer, replica: PostgresServer) -> None:
        self._servers = {DATABASE: primary, "replica": replica}
        super().__init__(folder, throw_away=True)

    def url(self, database: str = DATABASE) -> str:
        """Return the address of one of the two databases."""
        primary = self._servers[DATABASE]
        return f"postgres://{primary.name}:{primary.password}@127.0.0.1:{self.port}/{database}"

    def _command(self) -> list[str]:
        primary = self._servers[DATABASE]
        users = self._configure("users.txt", f'"{primary.name}" "{primary.password}"\n')
        databases = [
            f"{name} = host=127.0.0.1 port={server.port} dbname={DATABASE}" for name, server in self._servers.items()
        ]
        # A pooler waits 15 seconds by itself before it looks for a server again that was away.
        own = f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\nauth_type = scram-sha-256\n"
        own += f"auth_file = {users}\npool_mode = transaction\ndefault_pool_size = 10\nserver_login_retry = 1\n"
        text = "\n".join(["[databases]", *databases, "[pgbouncer]", own])
        return [str(program(self.name)), self._configure("pgbouncer.ini", text)]


class Nginx(_Configured):
    """nginx with the product's own site before several web hosts."""

    name = "nginx"
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, hosts: list[str]) -> None:
        self._hosts = hosts
        super().__init__(folder, throw_away=True)

    def _command(self) -> list[str]:
        site = (PROJECT_DIR / "nginx" / "snippets" / "site.conf").read_text(encoding="utf-8")
        hosts = "".join(f"server {host} max_fails=1 fail_timeout=2s; " for host in self._hosts)
        temporary = "".join(
            f"{name}_temp_path {self.folder}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = f"""daemon off; pid {self.folder}/nginx.pid; error_log stderr; worker_processes 1;
events {{ worker_connections 512; }}
http {{ access_log off; {temporary} upstream django {{ {hosts} keepalive 32; }}
server {{ listen 127.0.0.1:{self.port}; {site} }} }}
"""
        return [str(program(self.name)), "-e", "stderr", "-c", self._configure("nginx.conf", text)]


class RedisNode(RedisServer):
    """A Redis that may begin as the replica of another one."""

    def __init__(self, folder: Path, master: RedisServer | None = None) -> None:
        self.master = master
        super().__init__(folder, throw_away=False)

    def _password(self) -> str:
        if self.master is None:
            return super()._password()
        self._write_secret(self.folder / "password", self.master.password)
        return self.master.password

    def _command(self) -> list[str]:
        command = super()._command()
        with Path(command[1]).open("a", encoding="utf-8") as configuration:
            configuration.write(f"masterauth {self.password}\n")
            if self.master is not None:
                configuration.write(f"replicaof 127.0.0.1 {self.master.port}\n")
        return command


class Sentinel(_Configured):
    """Redis Sentinel, alone: it makes the replica the master when the master is gone. Production has three."""

    name = "sentinel"
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, master: RedisServer) -> None:
        self._master = master
        super().__init__(folder, throw_away=True)

    def _command(self) -> list[str]:
        name, master = _SENTINEL_NAME, self._master
        text = f"""port {self.port}
bind 127.0.0.1
dir {self.folder}
sentinel monitor {name} 127.0.0.1 {master.port} 1
sentinel auth-pass {name} {master.password}
sentinel down-after-milliseconds {name} 1000
sentinel failover-timeout {name} 3000
"""
        return [str(server_programs(self.account)[1]), self._configure("sentinel.conf", text), "--sentinel"]


class HaProxy(_Configured):
    """The one address of Redis: HAProxy leads to whichever node says that it is the master."""

    name = "haproxy"
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, nodes: list[RedisNode]) -> None:
        self._nodes = nodes
        super().__init__(folder, throw_away=True)

    @property
    def url(self) -> str:
        """The address for REDIS_URL."""
        return f"redis://:{self._nodes[0].password}@127.0.0.1:{self.port}/0"

    def _command(self) -> list[str]:
        check = " check inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions"
        servers = "".join(f"    server r{one.port} 127.0.0.1:{one.port}{check}\n" for one in self._nodes)
        text = f"""defaults
    mode tcp
    timeout connect 1s
    timeout client 1h
    timeout server 1h
listen redis
    bind 127.0.0.1:{self.port}
    option tcp-check
    tcp-check send AUTH\\ {self._nodes[0].password}\\r\\n
    tcp-check expect string +OK
    tcp-check send info\\ replication\\r\\n
    tcp-check expect string role:master
{servers}"""
        return [str(program(self.name)), "-f", self._configure("haproxy.cfg", text)]
