"""Unhandled errors as Rollbar gets them: once each, and without personal data."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import rollbar
from celery import shared_task
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path
from pytest_django import Settings
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common import error_tracking
from apps.common.errors import DomainError
from apps.users.models import User
from apps.users.testing.factories import UserFactory
from config.environment import BACKEND_DIR
from config.tests.rollbar_double import RollbarDouble, rollbar_double

pytestmark = pytest.mark.django_db
SECRETS = {
    "password": "Row-Seat-Section-99",
    "token": "tok_0123456789abcdef",
    "cookie": "cookie-of-ann-0123456789",
    "authorization": "Bearer abc.def.ghi-0123456789",
    "email": "ann.fan@example.com",
    "phone": "+12155550123",
    "address": "1 Pattison Avenue, Philadelphia",
    "body": "what Ann wrote",
}


class Refused(DomainError):
    """An anticipated failure."""

    code = "refused"


def fail(kind: str) -> None:
    """Fail with everything that must not be reported in arguments, local variables and texts."""
    secrets = dict(SECRETS)
    if kind == "refused":
        raise Refused("no")
    if kind == "missing":
        raise NotFound
    if kind == "unavailable":
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
    try:
        raise ValueError(" ".join(secrets.values()))  # noqa: TRY301
    except ValueError as error:
        raise RuntimeError(str(secrets)) from error


def endless(depth: int) -> int:
    """Call itself by way of another one, so that no two lines of the traceback in a row are the same."""
    return other(depth) + 1


def other(depth: int) -> int:
    """Call the first one."""
    return endless(depth) + 1


class ApiErrorView(APIView):
    """An error behind DRF's handler, which answers it itself."""

    permission_classes = (AllowAny,)
    authentication_classes = ()

    def post(self, request: Request, kind: str) -> Response:
        """Fail."""
        fail(kind)
        return Response()


def page_error(request: HttpRequest, kind: str) -> HttpResponse:
    """Fail in a page of Django's."""
    assert request.POST is not None
    fail(kind)
    return HttpResponse()


urlpatterns = [
    path("api/fail/<str:kind>/", ApiErrorView.as_view()),
    path("fail/<str:kind>/", page_error),
    path("", include("config.urls")),
]


@shared_task(name="test.fail")
def failing_task(kind: str, **kwargs: Any) -> None:
    """Fail with arguments that must not be reported."""
    fail(kind)


@pytest.fixture
def double(settings: Settings) -> Iterator[RollbarDouble]:
    """A Rollbar that this process reports to."""
    hook = sys.excepthook
    with rollbar_double() as server:
        settings.ROLLBAR = settings.ROLLBAR | {
            "access_token": "token-of-the-project",
            "environment": "staging",
            "endpoint": server.url,
            "release": "abc123",
        }
        error_tracking.start()
        yield server
        server.open.set()
        rollbar.wait()
    sys.excepthook = hook


def post(address: str) -> int:
    """Send a request with everything that must not be reported; return the status of the answer."""
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = SECRETS["cookie"]
    with override_settings(ROOT_URLCONF=__name__):
        answer = client.post(
            f"{address}?email={SECRETS['email']}&token={SECRETS['token']}",
            data=SECRETS,
            headers={"Authorization": SECRETS["authorization"], "X-Request-ID": "0123456789abcdef0123456789abcdef"},
        )
    return answer.status_code


def assert_no_secrets(double: RollbarDouble) -> None:
    for body in double.bodies:
        for name, secret in SECRETS.items():
            assert secret not in body, name
        assert SECRETS["email"].replace("@", "%40") not in body


class TestRequests:
    @pytest.mark.parametrize("address", ["/fail/error/", "/api/fail/error/"])
    def test_are_reported_once_without_what_they_carry(self, double: RollbarDouble, address: str) -> None:
        """S3-16: one POST; kind, place and code of the error and of its cause; of the request its address."""
        route = address.strip("/").replace("error", "<str:kind>") + "/"
        assert post(address) == 500
        report = double.await_report()
        rollbar.wait()
        assert len(double.reports) == 1
        assert double.paths == ["/api/1/item/"]
        assert_no_secrets(double)
        assert (report["environment"], report["code_version"], report["context"]) == ("staging", "abc123", route)
        assert report["custom"]["request_id"] == "0123456789abcdef0123456789abcdef"
        assert report["request"]["method"] == "POST"
        chain = report["body"]["trace_chain"]
        assert [trace["exception"] for trace in chain] == [
            {"class": "RuntimeError", "message": ""},
            {"class": "ValueError", "message": ""},
        ]
        last = chain[0]["frames"][-1]
        assert last["method"] == "fail"
        assert last["code"].startswith("raise RuntimeError(")
        assert "locals" not in str(report)
        assert "argv" not in str(report)

    def test_fit_into_a_report(self) -> None:
        """Rollbar takes half a megabyte; endless calls with causes of their own would be more."""
        error: BaseException = ValueError()
        for _ in range(100):
            try:
                endless(0)
            except RecursionError as failed:
                failed.__cause__ = error
                error = failed
        size = len(json.dumps(error_tracking.error_report(error, kind="task")))
        assert 10_000 < size < 400_000

    def test_name_the_user_by_id_only(self, double: RollbarDouble) -> None:
        """S3-16."""
        user: User = UserFactory()
        client = Client(raise_request_exception=False)
        client.force_login(user)
        with override_settings(ROOT_URLCONF=__name__):
            client.get("/accounts/")
            assert client.get("/fail/error/").status_code == 500
        assert double.await_report()["custom"]["kind"] == "request"
        assert user.email not in double.bodies[-1]

    def test_include_what_a_service_says(self, double: RollbarDouble) -> None:
        """Errors of a kind that never quotes people keep their words, the first line of them."""
        assert post("/api/fail/unavailable/") == 500
        trace = double.await_report()["body"]["trace_chain"][0]["exception"]
        assert trace == {"class": "ProgrammingError", "message": 'relation "nowhere" does not exist'}

    @pytest.mark.parametrize(("address", "status"), [("/api/fail/refused/", 409), ("/api/fail/missing/", 404)])
    def test_that_are_refused_are_no_errors(self, double: RollbarDouble, address: str, status: int) -> None:
        """S3-16."""
        assert post(address) == status
        assert post("/nowhere/") == 404
        assert post("/api/fail/error/") == 500  # reported after them, so they would have been reported by now
        double.await_report()
        rollbar.wait()
        assert len(double.reports) == 1

    def test_are_answered_while_rollbar_is_silent(self, double: RollbarDouble, monkeypatch: pytest.MonkeyPatch) -> None:
        """S3-16: no answer waits for it, and only so many threads do, each of them as long as Rollbar is silent."""
        monkeypatch.setitem(rollbar.SETTINGS, "timeout", 600)  # a slow machine must not end the silence
        double.open.clear()
        for _ in range(error_tracking.MAX_AT_ONCE + 5):
            assert post("/api/fail/error/") == 500
        assert not double.open.is_set()
        for _ in range(error_tracking.MAX_AT_ONCE):
            double.await_report()
        double.open.set()
        rollbar.wait()
        assert len(double.reports) == error_tracking.MAX_AT_ONCE

    @pytest.mark.parametrize("status", [401, 413, 429, 500, 502])
    def test_are_answered_while_rollbar_refuses(
        self, double: RollbarDouble, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        """S3-16: a refused report is not written to the log with its contents."""
        double.status = status
        assert post("/api/fail/error/") == 500
        double.await_report()
        rollbar.wait()
        assert "trace_chain" not in caplog.text
        assert len(double.bodies) == 1  # Rollbar's client answers 413 with a report of its own, without an end

    def test_are_answered_while_rollbar_is_away(self, double: RollbarDouble, settings: Settings) -> None:
        """S3-16."""
        rollbar.SETTINGS["endpoint"] = "http://127.0.0.1:9/api/1/"
        assert post("/api/fail/error/") == 500
        rollbar.wait()
        assert double.reports == []

    def test_are_not_reported_without_a_token(self, double: RollbarDouble, settings: Settings) -> None:
        """S3-16: unset means nothing is sent, and the product runs."""
        settings.ROLLBAR = settings.ROLLBAR | {"access_token": ""}
        assert post("/api/fail/error/") == 500
        rollbar.wait()
        assert double.reports == []


class TestTasks:
    def test_are_reported_once_without_their_arguments(self, double: RollbarDouble) -> None:
        """S3-16: name of the task and id of the request, no arguments."""
        failing_task.apply(kwargs={"kind": "error", **SECRETS})
        report = double.await_report()
        rollbar.wait()
        assert len(double.reports) == 1
        assert report["context"] == "test.fail"
        assert report["custom"]["kind"] == "task"
        assert_no_secrets(double)

    def test_that_refuse_are_no_errors(self, double: RollbarDouble) -> None:
        failing_task.apply(kwargs={"kind": "refused"})
        rollbar.wait()
        assert double.reports == []


COMMAND = """
import django
django.setup()
from django.core.management import BaseCommand
class Command(BaseCommand):
    def handle(self, **options):
        raise RuntimeError("ann.fan@" + "example.com")
Command().run_from_argv(["manage.py", "fail", "--no-color"])
"""


def run_command(url: str, code: str = COMMAND) -> subprocess.CompletedProcess[str]:
    variables = {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "ROLLBAR_ACCESS_TOKEN": "t",
        "ROLLBAR_API_URL": url,
        "RELEASE": "v7",
    }
    return subprocess.run(
        [sys.executable, "-c", code, SECRETS["email"], f"--password={SECRETS['password']}"],
        cwd=BACKEND_DIR,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestCommands:
    def test_are_reported_once_without_their_arguments(self) -> None:
        """S3-16: the process ends with its traceback and status as ever."""
        with rollbar_double() as server:
            done = run_command(server.url)
            assert done.returncode == 1
            assert "RuntimeError" in done.stderr
            [report] = server.reports
            assert_no_secrets(server)
        assert report["custom"]["kind"] == "command"
        assert (report["code_version"], report["environment"]) == ("v7", "local")

    def test_that_end_well_or_by_their_own_word_are_not_reported(self) -> None:
        with rollbar_double() as server:
            assert run_command(server.url, COMMAND.replace("raise RuntimeError", "print")).returncode == 0
            wanted = "from django.core.management import CommandError; raise CommandError"
            assert run_command(server.url, COMMAND.replace("raise RuntimeError", wanted)).returncode == 1
            assert server.reports == []
