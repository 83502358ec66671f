"""Mails of a request in real processes: web server, Redis, worker and a mail server on loopback."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from apps.holders.testing.stories import signup_data
from apps.notifications.testing.mail_servers import SmtpServer, smtp_server
from config.environment import BACKEND_DIR
from config.tests.processes import Worker, free_port, listening_process, stack_environment, wait_until
from devtools.embedded import throw_away_services

pytestmark = pytest.mark.stack
SIGN_UP = "/api/v1/accounts/app/v1/auth/signup"


class Product:
    """What is needed to start web server and worker; nothing of it runs yet but the services."""

    def __init__(self, environment: dict[str, str], folder: Path, smtp: SmtpServer) -> None:
        self.environment, self.folder, self.smtp = environment, folder, smtp
        self.worker = Worker(environment, folder / "worker.log")

    def sign_up(self, email: str, **changes: str) -> int:
        """Sign up at a web server that is there for this request only; return the status."""
        port = free_port()
        gunicorn = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{SIGN_UP}",
            json.dumps(signup_data(email=email)).encode(),
            {"Content-Type": "application/json"},
        )
        with listening_process(
            [*gunicorn, "config.wsgi"],
            port=port, cwd=BACKEND_DIR, log=self.folder / "web.log", env=self.environment | changes,
        ):  # fmt: skip
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                return error.code

    def sweep(self) -> None:
        """Do what beat does every 30 seconds."""
        command = [sys.executable, "-m", "celery", "--app", "config", "call", "notifications.deliver_outbox"]
        subprocess.run(command, cwd=BACKEND_DIR, env=self.environment, check=True, capture_output=True)

    def delivered(self) -> list[bool]:
        """Return of each account mail, in the order of putting, whether it is delivered and forgotten."""
        connection = psycopg2.connect(self.environment["DATABASE_URL"])
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT delivered_at IS NOT NULL AND payload = '{}' FROM notifications_outboxmessage"
                    " WHERE topic = 'account_mail' ORDER BY id"
                )
                return [row[0] for row in cursor.fetchall()]
        finally:
            connection.close()

    def wait_until(self, expected: list[bool]) -> None:
        wait_until(lambda: self.delivered() == expected, details=lambda: self.worker.log.read_text(errors="replace"))


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    with throw_away_services() as (postgres, redis), smtp_server() as smtp:
        environment = stack_environment(
            postgres,
            redis,
            EMAIL_URL=f"smtp://127.0.0.1:{smtp.port}",
        )
        yield Product(environment, tmp_path, smtp)


def test_mails_wait_for_a_worker_and_for_the_broker(product: Product) -> None:
    """S4-12, S4-16: the request is answered without either; nothing is lost, nothing comes twice."""
    assert product.sign_up("ann@example.com") == 401, "must verify the address"
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    assert product.sign_up("bob@example.com", CELERY_BROKER_URL=nowhere) == 401
    assert product.delivered() == [False, False]
    assert product.smtp.mails == []

    product.worker.start()
    try:
        product.sweep()
        product.wait_until([True, True])
    finally:
        product.worker.stop()
    assert sorted(product.smtp.recipients) == ["ann@example.com", "bob@example.com"]
    for mail in product.smtp.mails:
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert text is not None
        assert html is not None
        assert "/accounts/confirm-email/" in text.get_content()
        assert "/accounts/confirm-email/" in html.get_content()
