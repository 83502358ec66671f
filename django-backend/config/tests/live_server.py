"""The product as people meet it: web server and worker in processes of their own, sample data, a member of staff."""

import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.environment import BACKEND_DIR
from config.tests.processes import STARTUP_SECONDS, free_port, listening_process, stack_environment, wait_until
from devtools.embedded import throw_away_services
from sandbox.slack.options import Options
from sandbox.slack.server import running

HEALTH_TOKEN = "browser-token"
STAFF_EMAIL = "staff@example.com"
STAFF_PASSWORD = "Row-Seat-Section-20"
_PREPARE = f"""
from devtools.data import prepare_database
prepare_database()
from django.conf import settings
from django.contrib.auth.models import Group
from apps.users.models import User
staff = User.objects.create_user("{STAFF_EMAIL}", "{STAFF_PASSWORD}", first_name="Sam", is_staff=True)
staff.groups.add(Group.objects.get(name=settings.STAFF_GROUP_NAME))
staff.emailaddress_set.create(email=staff.email, primary=True, verified=True)
admin = User.objects.get(is_superuser=True)
admin.set_password("{STAFF_PASSWORD}")
admin.save()
"""


@dataclass(frozen=True)
class LiveServer:
    """A running product; `worker_log` holds its mails, which the local settings print."""

    url: str
    worker_log: Path
    slack_url: str
    environment: dict[str, str]

    def link_in_mail(self, to: str) -> str:
        """Return the link in the newest mail to this address; a worker prints it soon after the page was answered."""
        return wait_until(lambda: self._links(to), details=lambda: self.worker_log.read_text(encoding="utf-8"))[-1]

    def _links(self, to: str) -> list[str]:
        mails = self.worker_log.read_text(encoding="utf-8").split("Subject: ")
        link = re.compile(rf"{re.escape(self.url)}/\S+(?=\s)")
        return [found.group() for mail in mails if f"To: {to}" in mail and (found := link.search(mail))]


@contextmanager
def live_server(folder: Path) -> Iterator[LiveServer]:
    """Run the product on throw-away services until the block ends; logs go to `folder`."""
    with throw_away_services() as (postgres, redis):
        port = free_port()
        environment = stack_environment(
            postgres,
            redis,
            EMAIL_URL="consolemail://",
            HEALTH_CHECK_TOKEN=HEALTH_TOKEN,
            PORT=str(port),
            STT_NOTIFICATIONS_BOT_API_TOKEN="a token of the tests",
            STT_NOTIFICATIONS_CHANNEL_ID="C0TRIAGE01",
            SLACK_SIGNING_SECRET="a secret of the tests",
            # What a holder lists is gathered at the next sweep of beat.
            CELERY_AGGREGATED_SLACK_NOTIFICATION_COUNTDOWN="0",
        )
        subprocess.run([sys.executable, "-c", _PREPARE], cwd=BACKEND_DIR, env=environment, check=True)
        gunicorn = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
        web_log, worker_log = folder / "web.log", folder / "worker.log"
        with running(_slack(folder, environment, port)) as slack_url, ExitStack() as stack:
            environment["SLACK_API_URL"] = f"{slack_url}/api/"
            stack.enter_context(_worker(environment, worker_log))
            web = [*gunicorn, "config.wsgi"]
            stack.enter_context(listening_process(web, port=port, cwd=BACKEND_DIR, log=web_log, env=environment))
            server = LiveServer(f"http://127.0.0.1:{port}", worker_log, slack_url, environment)
            _wait_until_healthy(server)
            yield server


def _slack(folder: Path, environment: dict[str, str], port: int) -> Options:
    return Options(
        database=str(folder / "slack.sqlite3"),
        signing_secret=environment["SLACK_SIGNING_SECRET"],
        app_url=f"http://127.0.0.1:{port}",
        token=environment["STT_NOTIFICATIONS_BOT_API_TOKEN"],
        staff_email=STAFF_EMAIL,
        staff_name="Sam",
        channels=((environment["STT_NOTIFICATIONS_CHANNEL_ID"], "triage"),),
    )


@contextmanager
def _worker(environment: dict[str, str], log: Path) -> Iterator[None]:
    schedule = log.with_suffix(".schedule")
    command = [sys.executable, "-m", "celery", "--app", "config", "worker", "--pool", "solo"]
    command += ["--beat", "--schedule", str(schedule)]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=BACKEND_DIR, env=environment, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(120)


def _wait_until_healthy(server: LiveServer) -> None:
    request = urllib.request.Request(f"{server.url}/api/health-check/", headers={"Authorization": HEALTH_TOKEN})
    deadline = time.monotonic() + STARTUP_SECONDS
    while True:
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            if time.monotonic() > deadline:
                raise AssertionError(error.read().decode()) from error
            time.sleep(0.1)
        else:
            return
