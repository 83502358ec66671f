"""What Django refuses stays a refusal behind DRF: not a server error, nothing to report."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import BadRequest, SuspiciousOperation, TooManyFilesSent
from django.core.signals import got_request_exception
from django.http import UnreadablePostError
from pytest_django import Settings
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from apps.common.errors import ErrorDetail, ItemsRefused
from apps.common.exception_handler import MOST_ERRORS, answer_to


class _View(APIView):
    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_classes = ()
    error: Exception | None = None

    def post(self, request: Request) -> Response:
        """Fail, or answer with the body."""
        if self.error:
            raise self.error
        return Response(request.data)


@pytest.fixture
def reported() -> Iterator[list[Any]]:
    """Every server error that is reported."""
    found: list[Any] = []

    def listen(**facts: Any) -> None:
        found.append(facts)

    got_request_exception.connect(listen)
    yield found
    got_request_exception.disconnect(listen)


def post(body: bytes = b"{}", *, error: Exception | None = None, content_type: str = "application/json") -> Response:
    request = APIRequestFactory().generic("POST", "/", body, content_type=content_type)
    response: Response = _View.as_view(error=error)(request)
    return response


class TestRefusedByDjango:
    def test_body_that_is_too_large(self, reported: list[Any], settings: Settings) -> None:
        """Everybody can send one: no 500, no mail to operators, no report to Rollbar."""
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
        assert post(b'{"a":"' + b"x" * 50 + b'"}').status_code == 200
        answer = post(b'{"a":"' + b"x" * 100 + b'"}')
        assert (answer.status_code, answer.data["errors"][0]["code"]) == (413, "body_too_large")
        assert reported == []

    @pytest.mark.parametrize(
        "error", [SuspiciousOperation("x"), TooManyFilesSent("x"), BadRequest("x"), UnreadablePostError("x")]
    )
    def test_request_that_is_forged_or_cut_off(self, reported: list[Any], error: Exception) -> None:
        answer = post(error=error)
        assert (answer.status_code, answer.data["type"]) == (400, "client_error")
        assert reported == []

    def test_other_errors_are_ours(self, reported: list[Any]) -> None:
        assert post(error=OSError("x")).status_code == 500
        assert len(reported) == 1


class TestCoding:
    @pytest.mark.parametrize("coding", ["utf-16", "latin-1", "punycode", "utf-7", "unicode_escape", "zlib"])
    def test_is_utf_8_only(self, coding: str) -> None:
        """Punycode of two megabytes, for one, keeps a processor busy for minutes."""
        answer = post(b'{"a": 1}', content_type=f"application/json; charset={coding}")
        assert answer.status_code == 400
        assert "UTF-8" in answer.data["errors"][0]["detail"]

    @pytest.mark.parametrize("coding", ["utf-8", "UTF-8", "utf8", "nobody-knows-it"])
    def test_may_be_named(self, coding: str) -> None:
        answer = post('{"a": "ü"}'.encode(), content_type=f"application/json; charset={coding}")
        assert (answer.status_code, answer.data) == (200, {"a": "ü"})

    def test_of_other_bytes_is_refused(self) -> None:
        assert post(b'{"a": "\xff"}').status_code == 400
        assert post(b"\xef\xbb\xbf{}").status_code == 400


class TestManyErrors:
    @pytest.mark.parametrize(("number", "last"), [(101, "1 more error is left"), (1_102, "1,002 more errors are")])
    def test_are_cut_off_and_counted(self, number: int, last: str) -> None:
        """500 items with 20 unknown names each were an answer of 1.8 MB."""
        for error in (
            ValidationError({"items": [{f"name{i}": ["No."]} for i in range(number)]}),
            ItemsRefused([ErrorDetail("No.", f"items.{i}") for i in range(number)]),
        ):
            answers = [post(error=error).data["errors"], json.loads(answer_to(error).content)["errors"]]  # type: ignore[union-attr]
            assert answers[0] == answers[1]
            assert len(answers[0]) == MOST_ERRORS + 1
            assert {one["detail"] for one in answers[0][:-1]} == {"No."}
            assert (answers[0][-1]["code"], answers[0][-1]["attr"]) == ("more_errors", None)
            assert answers[0][-1]["detail"].startswith(last)

    def test_are_all_there_up_to_the_limit(self) -> None:
        errors = post(error=ValidationError({f"name{i}": ["No."] for i in range(MOST_ERRORS)})).data["errors"]
        assert [one["attr"] for one in errors] == [f"name{i}" for i in range(MOST_ERRORS)]
