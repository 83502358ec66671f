"""Log lines: what they contain, which request they belong to, and what they must not contain."""

import io
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app, shared_task, signals
from celery.utils.log import get_task_logger
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from apps.common.error_mails import MAX_AT_ONCE, ErrorMailHandler
from apps.common.log_context import (
    ACCESS_FACTS,
    HEADER,
    LogContext,
    current_log_context,
    log_context,
    outgoing_headers,
    request_id_of,
)
from apps.common.logs import JsonLineFormatter, LineFormatter
from apps.common.middleware import RequestContextMiddleware

ID, OTHER_ID = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
logger = logging.getLogger("test.lines")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is written to the log in JSON."""
    yield from _written(JsonLineFormatter())


def _written(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.root.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield stream
    logging.root.removeHandler(handler)


def last(lines: io.StringIO) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lines.getvalue().splitlines()[-1])
    return found


class TestJsonLines:
    def test_say_when_and_what(self, lines: io.StringIO) -> None:
        """One JSON object a line, with the time in UTC."""
        logger.info("%d seats\nlisted", 4)
        assert len(lines.getvalue().splitlines()) == 1
        line = last(lines)
        assert datetime.fromisoformat(line.pop("time")).utcoffset().total_seconds() == 0  # type: ignore[union-attr]
        assert line == {"level": "INFO", "logger": "test.lines", "message": "4 seats\nlisted"}

    def test_take_only_known_extras(self, lines: io.StringIO) -> None:
        """S0-15: nobody reviews what else a call adds."""
        logger.info("x", extra={"status": 200, "email": "ann@example.com", "request": object()})
        assert {"status"} == set(last(lines)) - {"time", "level", "logger", "message"}

    def test_hide_what_exceptions_say(self, lines: io.StringIO) -> None:
        """S0-15: in the traceback and in the message."""
        try:
            raise ValueError("Ann Fan, 1 Pattison Avenue")  # noqa: TRY301
        except ValueError as error:
            logger.exception("failed: %s", error)  # noqa: TRY401
        line = last(lines)
        assert line["message"] == "failed: ValueError"
        assert "test_hide_what_exceptions_say" in line["exception"]
        code = 'raise ValueError("Ann Fan, 1 Pattison Avenue")'
        assert "Pattison" not in line["exception"].replace(code, "")

    def test_are_redacted(self, lines: io.StringIO) -> None:
        """S0-15."""
        logger.warning("mail to %s failed", "ann@example.com")
        assert last(lines)["message"] == "mail to [hidden] failed"

    @pytest.mark.parametrize(
        ("message", "arguments"),
        [("\ud800 \0 %s", ({"x": b"\xff"},)), ({"a": "dictionary"}, ())],
        ids=["text", "object"],
    )
    def test_accept_anything(self, message: object, arguments: tuple[object, ...]) -> None:
        # Not logged: half a character in the captured log is more than the runner of the tests can send.
        facts = {"msg": message, "args": arguments, "name": "test", "levelname": "INFO"}
        line = JsonLineFormatter().format(logging.makeLogRecord(facts))
        assert len(line.splitlines()) == 1
        assert json.loads(line)["logger"] == "test"


class _Silent:
    def __str__(self) -> str:
        raise ValueError


class TestCalls:
    """Wrong calls of the logger."""

    @pytest.mark.parametrize("formatter", [JsonLineFormatter(), LineFormatter(quote_errors=False)])
    @pytest.mark.parametrize(
        ("message", "arguments"),
        [("%d seats", ("ann of Pattison Avenue",)), ("%s and %s", ("ann of Pattison Avenue",)), ("%s", (_Silent(),))],
    )
    def test_are_logged_without_their_values(
        self,
        formatter: logging.Formatter,
        message: str,
        arguments: tuple[object, ...],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """S0-15: logging itself would print them to stderr, in many lines."""
        [text] = [_handled(formatter, logging.LogRecord("test", 20, "", 0, message, arguments, None))]
        assert f"{message} (its values cannot be shown)" in text
        assert len(text.splitlines()) == 1
        assert "Pattison" not in text + capsys.readouterr().err


def _handled(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(formatter)
    handler.handle(record)
    return str(handler.stream.getvalue())


CRASH = """
import django, sys, threading, warnings
django.setup()
warnings.warn("of Python", stacklevel=1)
thread = threading.Thread(target=lambda: int("Ann " + "Fan"))
thread.start()
thread.join()
raise {error}
"""


def crash(error: str, form: str) -> subprocess.CompletedProcess[str]:
    """End a process by an error; its log is stderr."""
    variables = {"DJANGO_SETTINGS_MODULE": "config.settings.test", "DJANGO_LOG_FORMAT": form}
    return subprocess.run(
        [sys.executable, "-c", CRASH.format(error=error)],
        cwd=Path(__file__).parents[3],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestCrashes:
    def test_of_processes_and_threads_are_lines_too(self) -> None:
        """S0-15: a command that ends with an error says where and of what kind, and exits as ever."""
        done = crash("ValueError('1 Pattison ' + 'Avenue')", "json")
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        assert [(line["level"], line["logger"]) for line in lines] == [
            ("WARNING", "py.warnings"),
            ("ERROR", "apps.common.logs"),
            ("CRITICAL", "apps.common.logs"),
        ]
        assert all("ValueError" in line["exception"] for line in lines[1:])
        assert "Pattison Avenue" not in done.stderr
        assert "Ann Fan" not in done.stderr
        assert done.returncode == 1

    def test_of_a_developer_are_pythons_own(self) -> None:
        """What Python prints itself begins a line; a formatter of ours would put time and level before it."""
        done = crash("ValueError('1 Pattison ' + 'Avenue')", "line")
        lines = done.stderr.splitlines()
        assert lines.count("Traceback (most recent call last):") == 2  # of the thread, of the process
        assert any(line.startswith("Exception in thread Thread-1") for line in lines)
        assert any(line.startswith("<string>:") and line.endswith("UserWarning: of Python") for line in lines)
        assert lines[-1] == "ValueError: 1 Pattison Avenue"
        assert "An error ended" not in done.stderr
        assert done.returncode == 1

    def test_that_somebody_wanted_are_none(self) -> None:
        assert "CRITICAL" not in crash("KeyboardInterrupt", "json").stderr
        done = crash("SystemExit(3)", "json")
        assert (done.returncode, "CRITICAL" in done.stderr) == (3, False)


class TestLines:
    def test_of_a_developer_quote_errors(self) -> None:
        [stream] = list(_lines_of(LineFormatter(quote_errors=True)))
        assert "ValueError: what it says" in stream
        assert "[hidden]" in stream
        assert " [01234567]: " in stream

    def test_of_a_mail_do_not(self) -> None:
        [stream] = list(_lines_of(LineFormatter(quote_errors=False)))
        assert "ValueError" in stream
        assert "what it says" not in stream.replace('raise ValueError("what it says', "")


def _lines_of(formatter: logging.Formatter) -> Iterator[str]:
    for stream in _written(formatter):
        with log_context(LogContext(request_id=ID)):
            try:
                raise ValueError("what it says to ann@example.com")  # noqa: TRY301
            except ValueError as error:
                logger.exception("failed: %s", error)  # noqa: TRY401
        yield stream.getvalue()


def answer(request: HttpRequest) -> HttpResponse:
    logger.info("within")
    return HttpResponse()


class TestRequests:
    def test_have_the_id_of_the_proxy(self, lines: io.StringIO) -> None:
        request = RequestFactory().get("/", headers={HEADER: ID})
        response = RequestContextMiddleware(answer)(request)
        assert last(lines)["request_id"] == response.headers[HEADER] == ID
        assert request.META[ACCESS_FACTS]["request_id"] == ID

    @pytest.mark.parametrize("sent", ["", "x" * 32, "0" * 15, "0" * 65, f"{ID}\n", "0123456789abcdef{}", "é" * 20])
    def test_have_a_new_one_otherwise(self, sent: str) -> None:
        made = request_id_of(sent)
        assert made != sent
        assert made != request_id_of(sent)
        assert request_id_of(made) == made

    def test_of_one_thread_do_not_mix(self, lines: io.StringIO) -> None:
        for one in (ID, OTHER_ID):
            RequestContextMiddleware(answer)(RequestFactory().get("/", headers={HEADER: one}))
            assert last(lines)["request_id"] == one
            assert current_log_context() is None
        logger.info("between")
        assert "request_id" not in last(lines)

    def test_that_fail_leave_nothing_behind(self) -> None:
        def fail(request: HttpRequest) -> HttpResponse:
            raise KeyError

        with pytest.raises(KeyError):
            RequestContextMiddleware(fail)(RequestFactory().get("/"))
        assert current_log_context() is None

    def test_of_several_threads_do_not_mix(self) -> None:
        """Both are answered at the same time, each sees its own."""
        barrier, seen = threading.Barrier(2), {}

        def wait(request: HttpRequest) -> HttpResponse:
            barrier.wait(20)
            seen[request.headers[HEADER]] = outgoing_headers()[HEADER]
            barrier.wait(20)
            return HttpResponse()

        threads = [
            threading.Thread(
                target=RequestContextMiddleware(wait), args=(RequestFactory().get("/", headers={HEADER: one}),)
            )
            for one in (ID, OTHER_ID)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert seen == {ID: ID, OTHER_ID: OTHER_ID}


@shared_task(name="test.say")
def say(**kwargs: Any) -> dict[str, str]:
    """Log a line and return what another service would get."""
    get_task_logger("test.lines").info("within")
    return outgoing_headers()


@shared_task(name="test.break")
def break_(**kwargs: Any) -> None:
    """Fail."""
    raise ValueError("Ann Fan")


class TestTasks:
    def test_carry_the_id_of_the_request_in_the_message(self) -> None:
        headers: dict[str, Any] = {"id": "1"}
        with log_context(LogContext(request_id=ID)):
            signals.before_task_publish.send(sender="test.say", headers=headers, body=())
        assert headers["log_request_id"] == ID
        outside: dict[str, Any] = {}
        signals.before_task_publish.send(sender="test.say", headers=outside, body=())
        assert outside == {}

    def test_work_for_the_request_that_sent_them(self, lines: io.StringIO) -> None:
        """What a worker does with a message; config/tests/test_log_stack.py has a real one."""
        task = SimpleNamespace(name="test.say", request=SimpleNamespace(log_request_id=ID, is_eager=True))
        signals.task_prerun.send(sender=None, task_id="1", task=task)
        logger.info("within")
        signals.task_postrun.send(sender=None, task_id="1", task=task)
        assert (last(lines)["request_id"], last(lines)["task"]) == (ID, "test.say")
        assert current_log_context() is None

    def test_of_beat_have_their_own_id(self) -> None:
        result = say.apply(task_id="019a0000-0000-7000-8000-000000000000")
        assert result.get() == {HEADER: "019a0000-0000-7000-8000-000000000000"}

    def test_say_how_long_they_took_and_not_why_they_failed(self, lines: io.StringIO) -> None:
        """S0-15: Celery quotes the exception and lists the arguments; neither is logged."""
        with log_context(LogContext(request_id=OTHER_ID)):
            break_.apply(kwargs={"email": "ann@example.com"})
            assert outgoing_headers() == {HEADER: OTHER_ID}  # as before it
        text = lines.getvalue()
        assert "Task test.break" in text
        assert "Ann Fan" not in text.replace('raise ValueError(\\"Ann Fan\\")', "")
        assert "ann@example.com" not in text
        record = logging.LogRecord("celery.app.trace", 20, "", 0, "done", (), None)
        record.data = {"runtime": 0.5}
        assert json.loads(JsonLineFormatter().format(record))["duration_ms"] == 500.0

    def test_leave_the_logs_to_django(self) -> None:
        """Celery would put its own handlers in place of ours, and its lines would have no form."""
        before = list(logging.root.handlers)
        current_app.log.setup(loglevel=logging.WARNING)
        assert logging.root.handlers == before
        assert logging.getLogger("celery").level == logging.WARNING
        logging.captureWarnings(capture=False)


def mail_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "error-mail"]


def join_mails() -> None:
    for thread in mail_threads():
        thread.join(20)


class TestErrorMails:
    def test_say_what_the_log_says(self, settings: Settings, mailoutbox: list[Any]) -> None:
        """No cookie, form, setting or local variable of Django's own error mail."""
        settings.ADMINS = [("ops", "ops@example.com")]
        handler = ErrorMailHandler()
        handler.setFormatter(LineFormatter(quote_errors=False))
        request = RequestFactory().post("/x/?token=abc", {"password": "Row-Seat"}, headers={"Cookie": "sessionid=zzz"})
        local = "a local variable"
        try:
            raise ValueError(f"{local} of Ann")  # noqa: TRY301
        except ValueError:
            record = logging.LogRecord(
                "django.request", 40, "", 0, "Internal Server Error: %s", ("/x/",), sys.exc_info()
            )
            record.request = request
            handler.emit(record)
        join_mails()
        [mail] = mailoutbox
        assert "Internal Server Error: /x/" in mail.subject
        text = mail.subject + mail.body
        for secret in ("Row-Seat", "zzz", "abc", "SECRET_KEY", "a local variable of Ann"):
            assert secret not in text
        assert "ValueError" in mail.body
        assert mail.alternatives == []

    def test_delay_nobody(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        """A mail server that hangs: requests go on, a few threads wait for it, and afterwards mails are sent again."""
        settings.ADMINS = [("ops", "ops@example.com")]
        answered, sent = threading.Event(), []

        def hang(self: ErrorMailHandler, subject: str, *_: object, **__: object) -> None:
            sent.append(subject)
            assert answered.wait(20)

        monkeypatch.setattr(ErrorMailHandler, "send_mail", hang)
        handler = ErrorMailHandler()
        error = logging.LogRecord("x", 40, "", 0, "x", (), None)
        for _ in range(MAX_AT_ONCE + 5):
            handler.emit(error)
        assert len(mail_threads()) == MAX_AT_ONCE
        answered.set()
        join_mails()
        assert len(sent) == MAX_AT_ONCE
        handler.emit(error)
        join_mails()
        assert len(sent) == MAX_AT_ONCE + 1

    def test_that_cannot_be_sent_are_reported_once(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, lines: io.StringIO
    ) -> None:
        settings.ADMINS = [("ops", "ops@example.com")]
        monkeypatch.setattr(ErrorMailHandler, "send_mail", lambda *_, **__: {}["x"])
        ErrorMailHandler().emit(logging.LogRecord("x", 40, "", 0, "x", (), None))
        join_mails()
        assert last(lines)["message"] == "An error mail could not be sent: KeyError"

    def test_are_not_sent_to_nobody(self, settings: Settings, mailoutbox: list[Any]) -> None:
        settings.ADMINS = []
        ErrorMailHandler().emit(logging.LogRecord("x", 40, "", 0, "x", (), None))
        assert mailoutbox == []
