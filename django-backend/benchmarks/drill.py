"""Kills each part of a product on several machines once, under load, and says what clients saw of it.

`python -m benchmarks.drill` (from `django-backend/`) takes about four minutes. Everything runs on loopback: a
primary and a replica of PostgreSQL behind PgBouncer in transaction mode, two Redis behind HAProxy with a Sentinel, two
web hosts behind nginx, two workers, a notifier, beat and a local Slack. It needs Debian's nginx, pgbouncer and haproxy.
"""

import itertools
import json
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg2

from benchmarks.checkout import BEAT, WORKER, Checkout, environment_of, free_port, start_slack
from benchmarks.cluster import HaProxy, Nginx, PgBouncer, RedisNode, Sentinel, kill, program
from benchmarks.load import Address
from benchmarks.scenarios import Client
from benchmarks.traffic import Traffic
from config.environment import BACKEND_DIR
from devtools.embedded import PostgresServer, Server
from devtools.replica import PostgresReplica

_NEEDED: Final = {"nginx": "nginx-light", "pgbouncer": "pgbouncer", "haproxy": "haproxy"}
_SECONDS_OF_A_PART: Final = 16
# A machine that has to be replaced, and a process that its supervisor starts again.
_MACHINE_SECONDS: Final = 6
_RESTART_SECONDS: Final = 1
_SECONDS_TO_DELIVER: Final = 90
_LISTED: Final = "SELECT id::text FROM listings_listing WHERE id = ANY(%s::uuid[])"
_LISTINGS_OF: Final = "SELECT count(*) FROM listings_listing WHERE season_ticket_id = ANY(%s::uuid[])"
_WAITING: Final = "SELECT count(*) FROM notifications_outboxmessage WHERE delivered_at IS NULL"
_SHOWN: Final = """
SELECT about::text, slack.ts FROM triage_triagemessage AS message
JOIN notifications_slackmessage AS slack ON slack.id = message.slack_message_id, unnest(message.object_ids) AS about
"""


@dataclass(frozen=True)
class Part:
    """Something that is killed: how, for how many seconds, and what starts it again."""

    name: str
    kill: Callable[[], None]
    seconds_down: int = _RESTART_SECONDS
    start_again: Callable[[], object] = lambda: None


class Cluster:
    """Every server and process of the drill."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.primary = self._started(PostgresServer(folder / "primary", throw_away=False))
        self.redis = [self._started(RedisNode(folder / "redis-1"))]
        self.redis.append(self._started(RedisNode(folder / "redis-2", self.redis[0])))
        self._started(Sentinel(folder / "sentinel", self.redis[0]))
        self.haproxy = self._started(HaProxy(folder / "haproxy", self.redis))
        environment = environment_of(BACKEND_DIR, database_url=self.primary.url, redis_url=self.haproxy.url)
        environment |= {"WEB_CONCURRENCY": "1", "WEB_THREADS": "8"}
        first = Checkout("drill", folder, environment, folder / "slack")
        first.seeded = json.loads(first.child("benchmarks.prepare", "--tickets=10000", "--seconds=9"))
        self.replica = self._started(PostgresReplica(folder / "replica", self.primary.url, throw_away=False))
        self.pgbouncer = self._started(PgBouncer(folder / "pgbouncer", self.primary, self.replica))
        first.environment |= {
            "DATABASE_URL": self.pgbouncer.url(),
            "DATABASE_REPLICA_URL": self.pgbouncer.url("replica"),
        }
        start_slack(stack, first)
        second = replace(first, name="drill-2", address=Address("127.0.0.1", free_port()), processes={})
        self.hosts = (first, second)
        for host in self.hosts:
            host.serve(stack, "config.wsgi")
        self.nginx = self._started(Nginx(folder / "nginx", [f"127.0.0.1:{host.address.port}" for host in self.hosts]))
        self.celery = {
            "worker-1": (*WORKER, "--queues=default", "--concurrency=1", "--hostname=worker-1@drill"),
            "worker-2": (*WORKER, "--queues=default", "--concurrency=1", "--hostname=worker-2@drill"),
            "notifier": (*WORKER, "--queues=notifications", "--concurrency=1", "--hostname=notifier@drill"),
            "beat": (*BEAT, str(folder / "beat")),
        }
        for name in self.celery:
            self.start_celery(name)

    def _started(self, server: Any) -> Any:
        self.stack.callback(server.stop)
        server.start()
        return server

    def start_celery(self, name: str) -> None:
        """Start one of the processes of Celery."""
        self.hosts[0].run(self.stack, name, *self.celery[name])

    def parts(self) -> Iterator[Part]:
        """Yield each part: its name, what kills it, and what starts it again."""
        host, celery = self.hosts[1], self.hosts[0].processes
        web = partial(kill, host.processes["web"][-1])
        yield Part("web host", web, _MACHINE_SECONDS, partial(host.serve, self.stack, "config.wsgi"))
        yield Part("process of nginx", self._kill_process_of_nginx)
        for name in ("worker-1", "notifier", "beat"):
            yield Part(name, partial(kill, celery[name][-1]), _MACHINE_SECONDS, partial(self.start_celery, name))
        yield self._server("PgBouncer", self.pgbouncer, _RESTART_SECONDS)
        yield self._server("replica", self.replica, _MACHINE_SECONDS)
        redis = partial(kill, self.redis[0].process)
        yield Part("Redis master", redis, _MACHINE_SECONDS, self._old_master_follows)
        yield self._server("primary", self.primary, _RESTART_SECONDS)

    def _server(self, name: str, server: Server, seconds: int) -> Part:
        return Part(name, partial(kill, server.process), seconds, partial(server.start, port=server.port))

    def _kill_process_of_nginx(self) -> None:
        for process in psutil.Process(self.nginx.process.pid).children():
            process.kill()

    def _old_master_follows(self) -> None:
        self.redis[0].master = self.redis[1]
        self.redis[0].start(port=self.redis[0].port)

    def replicas_share(self, before: Mapping[str, int]) -> str:
        """Return which part of the transactions since `before` the replica had; "–" when a server has restarted."""
        now = self.transactions()
        done = {name: count - before.get(name, 0) for name, count in now.items()}
        return f"{done['replica'] / sum(done.values()):.0%}" if min(done.values()) >= 0 else "–"

    def transactions(self) -> dict[str, int]:
        """Return how many transactions primary and replica have counted."""
        counted = {}
        for name, server in (("primary", self.primary), ("replica", self.replica)):
            with closing(psycopg2.connect(server.url)) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
                ((counted[name],),) = cursor.fetchall()
        return counted

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what the primary says, whatever a pooler or a replica would."""
        with closing(psycopg2.connect(self.primary.url)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()


@contextmanager
def running() -> Iterator[Cluster]:
    """Start everything, and end it with the block."""
    folder = Path(tempfile.mkdtemp(prefix="stt-drill-"))
    folder.chmod(0o711)
    try:
        with ExitStack() as stack:
            yield Cluster(folder, stack)
    finally:
        shutil.rmtree(folder)


def drill(cluster: Cluster) -> bool:
    """Kill each part once under load, print what was seen, and return whether every promise was kept."""
    address = Address("127.0.0.1", cluster.nginx.port)
    traffic = Traffic(address, Client.logged_in(address, cluster.hosts[0].seeded))
    traffic.start()
    print("| killed | requests | errors | no read for | no write for | on the replica |\n|---|--:|---|--:|--:|--:|")
    try:
        for part in (Part("nothing", lambda: None), *cluster.parts()):
            begin, before = time.monotonic(), cluster.transactions()
            part.kill()
            time.sleep(part.seconds_down)
            part.start_again()
            time.sleep(max(0.0, begin + _SECONDS_OF_A_PART - time.monotonic()))
            row = _row(part.name, traffic, begin, time.monotonic())
            print(f"{row} {cluster.replicas_share(before)} |", flush=True)
    finally:
        traffic.stop()
    return _promises_kept(cluster, traffic)


def _row(name: str, traffic: Traffic, begin: float, end: float) -> str:
    errors = ", ".join(f"{count} × {kind}" for kind, count in sorted(traffic.errors(begin, end).items())) or "none"
    gaps = [f"{traffic.longest_gap(begin, end, is_write=is_write):.1f} s" for is_write in (False, True)]
    return f"| {name} | {traffic.count(begin, end):,} | {errors} | {' | '.join(gaps)} |"


def _promises_kept(cluster: Cluster, traffic: Traffic) -> bool:
    deadline = time.monotonic() + _SECONDS_TO_DELIVER
    while cluster.rows(_WAITING)[0][0] and time.monotonic() < deadline:
        time.sleep(1)
    acknowledged = set(traffic.acknowledged)
    stored = {row[0] for row in cluster.rows(_LISTED, list(acknowledged))}
    blocks = sorted({block for block, _ in cluster.hosts[0].seeded["single"]})
    with closing(sqlite3.connect(cluster.hosts[0].slack)) as slack:
        posted = {row[0] for row in slack.execute("SELECT ts FROM messages WHERE thread_ts IS NULL")}
    shown = [about for about, ts in cluster.rows(_SHOWN) if ts in posted]
    found = {
        "acknowledged listings": len(acknowledged),
        "lost": len(acknowledged - stored),
        "written twice or unasked": cluster.rows(_LISTINGS_OF, blocks)[0][0] - len(acknowledged),
        "missing in the next list of their holder": len(traffic.unseen),
        "not in Slack": len(acknowledged - set(shown)),
        "in two messages of Slack": len(shown) - len(set(shown)),
        "messages of Slack that nobody knows": len(posted - {ts for _, ts in cluster.rows(_SHOWN)}),
        "messages left in the outbox": cluster.rows(_WAITING)[0][0],
    }
    print("", *(f"- {name}: {count:,}" for name, count in found.items()), sep="\n")
    return not any(itertools.islice(found.values(), 1, None))


def main() -> int:
    """Run the drill; exit code 1 when a promise was broken, 2 when a program is missing."""
    missing = [package for name, package in _NEEDED.items() if program(name) is None]
    if missing:
        print(f"Install {' and '.join(missing)}: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 2
    with running() as cluster:
        return 0 if drill(cluster) else 1


if __name__ == "__main__":
    raise SystemExit(main())
