"""One place where failures become HTTP answers (drf-standardized-errors form)."""

from typing import Final

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import Error
from django.http import HttpResponse, JsonResponse, UnreadablePostError
from django.utils.log import log_response
from drf_standardized_errors.formatter import ExceptionFormatter as StandardFormatter
from drf_standardized_errors.handler import ExceptionHandler as StandardHandler
from drf_standardized_errors.types import Error as Entry
from rest_framework.exceptions import APIException, ParseError
from rest_framework.response import Response
from rest_framework.settings import api_settings

from apps.common.database import is_busy, is_unreachable
from apps.common.errors import DomainError

# In one answer: a request may have ten thousand faults, and nobody reads them all at once.
MOST_ERRORS: Final = 100


class DomainAPIException(APIException):
    """A domain error as an API exception; keeps the field names, which the plain APIException cannot."""

    def __init__(self, error: DomainError) -> None:
        self.status_code = error.status
        self.error = error
        self.wait = error.retry_after_seconds
        super().__init__(detail=str(error), code=error.code)


class BodyTooLarge(APIException):
    """The body is larger than DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body of the request is too large."


class DatabaseBusy(APIException):
    """The database gave up because of other transactions. Nothing was written; the request may succeed later."""

    status_code = 503
    default_code = "busy"
    default_detail = "Others are changing the same data. Nothing was written; send the request again."
    wait = 1  # seconds, sent as Retry-After


class DatabaseAway(APIException):
    """The database cannot be reached. If it went away during a commit, nobody knows whether that was done."""

    status_code = 503
    default_code = "unavailable"
    default_detail = "The service is not available at the moment. Try again in a few seconds."
    wait = 5  # seconds, sent as Retry-After


class ExceptionHandler(StandardHandler):
    """Knows domain errors besides what Django and DRF raise; DRF rolls back the request's transaction for both.

    Django answers 400 to requests that are forged, cut off or too large. Raised inside DRF these would be 500s,
    reported to Rollbar and operators each time somebody sends one.
    """

    def report_exception(self, exc: APIException, response: Response) -> None:
        """Report failures of ours, as the library does; a busy database is only logged."""
        if isinstance(exc, DatabaseBusy):
            note_busy(self.exc, response)
        else:
            super().report_exception(exc, response)

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        """Turn a domain error into an API exception, and what Django refuses; leave the rest to the library."""
        if isinstance(exc, DomainError):
            return DomainAPIException(exc)
        if is_busy(exc):
            return DatabaseBusy()
        if isinstance(exc, Error) and is_unreachable(exc):
            return DatabaseAway()
        if isinstance(exc, RequestDataTooBig):
            return BodyTooLarge()
        if isinstance(exc, SuspiciousOperation | BadRequest | UnreadablePostError):
            return ParseError()
        return super().convert_known_exceptions(exc)


class ExceptionFormatter(StandardFormatter):
    """Writes one entry per sentence of a domain error, each with its field."""

    def get_errors(self) -> list[Entry]:
        """Return the entries of the `errors` list, in characters that an answer can be written with.

        The last one says how many were left out, when there are more than MOST_ERRORS.
        """
        if isinstance(self.exc, DomainAPIException):
            error = self.exc.error
            errors = [Entry(code=d.code or error.code, detail=d.detail, attr=d.attr) for d in error.details]
        else:
            errors = super().get_errors()
        if (more := len(errors) - MOST_ERRORS) > 0:
            sentence = f"{more:,} more {'error is' if more == 1 else 'errors are'} left out. Correct these first."
            errors = [*errors[:MOST_ERRORS], Entry(code="more_errors", detail=sentence, attr=None)]
        return [Entry(code=e.code, detail=_writable(e.detail), attr=e.attr and _place(e.attr)) for e in errors]


def api_answer(error: APIException) -> JsonResponse:
    """Return the answer that a REST framework view would give, for code outside such a view."""
    handler = ExceptionHandler(error, {})  # type: ignore[typeddict-item]  # neither a view nor its request is read
    return JsonResponse(handler.format_exception(error), status=error.status_code, headers=handler.get_headers(error))


def note_busy(error: Exception, response: HttpResponse) -> None:
    """Log a warning; Django itself would log an error, which alerts operators."""
    log_response("The database was busy: %s", str(error).partition("\n")[0], response=response, level="warning")


def note_away(error: Exception, response: HttpResponse) -> None:
    """Log an error, which alerts operators."""
    log_response("The database is away: %s", str(error).partition("\n")[0], response=response)


def answer_to(error: Exception) -> JsonResponse | None:
    """Return the answer to a failure outside the REST framework's views, in the same form.

    None when the failure was not anticipated.
    """
    known = ExceptionHandler(error, {}).convert_known_exceptions(error)  # type: ignore[typeddict-item]  # see above
    return api_answer(known) if isinstance(known, APIException) else None


def _place(attr: str) -> str:
    # What is wrong with a nested object as a whole is wrong with the field that has it.
    return _writable(attr.removesuffix(f".{api_settings.NON_FIELD_ERRORS_KEY}"))


def _writable(text: str) -> str:
    # Some sentences quote what was sent, and JSON can send half a surrogate pair, which UTF-8 has no bytes for.
    return text.encode(errors="backslashreplace").decode()
