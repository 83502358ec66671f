"""PostgreSQL, Redis, a local Slack, workers and beat for tests that kill them."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
from redis import Redis

from config.environment import BACKEND_DIR
from config.tests.processes import PATIENCE_SECONDS, stack_environment, wait_until
from devtools.embedded import PostgresServer, RedisServer, throw_away_services
from sandbox.slack.options import Options
from sandbox.slack.server import running

TOKEN, SECRET = "a token of the tests", "a secret of the tests"


class SlackStack:
    """The product without a web server; each test starts the processes that it needs."""

    def __init__(self, postgres: PostgresServer, redis: RedisServer, slack_url: str, folder: Path) -> None:
        self.postgres, self.redis, self.slack_url, self.folder = postgres, redis, slack_url, folder
        self.environment = stack_environment(
            postgres,
            redis,
            EMAIL_URL="dummymail://",
            STT_NOTIFICATIONS_BOT_API_TOKEN=TOKEN,
            SLACK_SIGNING_SECRET=SECRET,
            SLACK_API_URL=f"{slack_url}/api/",
            SLACK_SECONDS_BETWEEN_MESSAGES="0",
            CELERY_AGGREGATED_SLACK_NOTIFICATION_COUNTDOWN="1",
        )
        self.processes: list[subprocess.Popen[bytes]] = []
        # Kept: tests ask ten times a second, and a new connection costs more than most answers.
        self.connection = psycopg2.connect(postgres.url)
        self.connection.autocommit = True
        self.channels = count(1)
        self.channel = ""

    def run(self, *command: str) -> str:
        """Run Python with the environment of the stack; return what it printed."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=BACKEND_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        return done.stdout

    def events(self, *arguments: object) -> Any:
        """Make events in a process of its own; see slack_events."""
        printed = self.run("-m", "config.tests.slack_events", *map(str, arguments))
        return json.loads(printed) if printed.strip() else None

    def start(self, program: str) -> subprocess.Popen[bytes]:
        """Start a `worker` or a `beat`."""
        number = len(self.processes)
        options = {
            "worker": ["worker", "--concurrency", "1", "--hostname", f"w{number}@%h", "--loglevel", "INFO"],
            "beat": ["beat", "--loglevel", "INFO", "--schedule", str(self.folder / f"beat{number}")],
        }
        with (self.folder / "celery.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "--app", "config", *options[program]],
                cwd=BACKEND_DIR, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process and its children at once, as a power cut would."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(120)
        self.processes.remove(process)

    def stop_all(self) -> None:
        for process in list(self.processes):
            self.kill(process)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def pass_time(self, span: timedelta) -> None:
        """Let the database believe that `span` has gone by: what waits is due, leases are over."""
        # Messages last: one that is due while its channel still rests would wait for the rest of that in real time.
        self.sql("UPDATE notifications_slackchannel SET next_at = next_at - %s", span)
        self.sql("UPDATE notifications_slackmessage SET sending_since = sending_since - %s", span)
        self.sql(
            "UPDATE notifications_outboxmessage SET created_at = created_at - %s, available_at = available_at - %s, "
            "claimed_at = claimed_at - %s, lease_until = lease_until - %s",
            span, span, span, span,
        )  # fmt: skip

    def fault(self, kind: str, **details: object) -> None:
        self._slack("POST", "/faults", {"method": "chat.postMessage", "kind": kind, **details})

    def calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self._slack("GET", "/calls?method=chat.postMessage")["calls"]
        return calls

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages that Slack shows."""
        found: list[dict[str, Any]] = self._slack("GET", f"/channels/{self.channel}/messages")["messages"]
        return found

    def reported(self) -> Counter[str]:
        """Return in how many messages of Slack each listing is; a message counts as often as Slack shows it."""
        rows = self.sql(
            "SELECT slack_message_id::text, object_ids::text[] FROM triage_triagemessage WHERE kind = 'listings'"
        )
        listings = dict(rows)
        shown = [message["metadata"]["event_payload"]["id"] for message in self.messages()]
        return Counter(listing for message in shown for listing in listings[message])

    def undelivered(self) -> int:
        rows = self.sql(
            "SELECT count(*) FROM notifications_outboxmessage WHERE delivered_at IS NULL AND topic <> 'mail'"
        )
        return int(rows[0][0])

    def wait(self, condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
        log = self.folder / "celery.log"
        wait_until(condition, details=lambda: log.exists() and log.read_text(errors="replace")[-8000:], seconds=seconds)

    def reset(self) -> None:
        """End every process; forget what was reported, but not the listings. Messages go to a separate channel."""
        self.stop_all()
        self.channel = self.environment["STT_NOTIFICATIONS_CHANNEL_ID"] = f"C0FAULTS{next(self.channels):02d}"
        self.sql("TRUNCATE triage_triagemessage, notifications_slackmessage, notifications_outboxmessage CASCADE")
        self.sql("TRUNCATE notifications_slackchannel")
        Redis.from_url(self.redis.url).flushall()
        for path in ("/faults", "/calls"):
            self._slack("DELETE", path)

    def _slack(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"{self.slack_url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def slack_stack(folder: Path) -> Iterator[SlackStack]:
    """Start the servers; end everything afterwards."""
    with ExitStack() as stack:
        postgres, redis = stack.enter_context(throw_away_services())
        options = Options(
            database=str(folder / "slack.sqlite3"), signing_secret=SECRET, app_url="http://127.0.0.1:9", token=TOKEN
        )
        slack = SlackStack(postgres, redis, stack.enter_context(running(options)), folder)
        stack.callback(slack.connection.close)
        stack.callback(slack.stop_all)
        yield slack
