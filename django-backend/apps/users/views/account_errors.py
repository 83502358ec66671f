"""Allauth's refusals in the error form of all other routes.

allauth's other data is kept: the next steps of a 401 (`data.flows`), who is signed in and new tokens
(`meta`). A client needs one reader of errors, and the flows of a login work as allauth documents them.
"""

import json
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from apps.common.errors import ErrorDetail
from apps.users.authentication.tokens import refusal_of_header, refusal_of_session_token
from apps.users.errors import TokenRefused

# For refusals that allauth sends without a message.
_SENTENCES: Final[dict[int, ErrorDetail]] = {
    HTTPStatus.BAD_REQUEST: ErrorDetail("This request cannot be read.", code="invalid"),
    HTTPStatus.UNAUTHORIZED: ErrorDetail("Nobody is signed in.", code="not_authenticated"),
    HTTPStatus.FORBIDDEN: ErrorDetail("You may not do this.", code="permission_denied"),
    HTTPStatus.NOT_FOUND: ErrorDetail("Not found.", code="not_found"),
    HTTPStatus.METHOD_NOT_ALLOWED: ErrorDetail("This address does not know the method.", code="method_not_allowed"),
    HTTPStatus.CONFLICT: ErrorDetail("This is not possible in this state: log in or log out first.", code="conflict"),
    HTTPStatus.TOO_MANY_REQUESTS: ErrorDetail("Too many requests. Try again in a few minutes.", code="throttled"),
}
# By the next step of an incomplete login.
_PENDING: Final = {
    "verify_email": ErrorDetail("Verify your e-mail address. The key is in a mail to you.", code="email_not_verified"),
    "mfa_authenticate": ErrorDetail("Send the code of your second factor.", code="second_factor_required"),
}
_TOO_OLD: Final = ErrorDetail("Log in again to do this.", code="reauthentication_required")


def in_standard_form(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Give a refusal the `type` and the `errors` of the API; return the answer."""
    if answer.status_code < HTTPStatus.BAD_REQUEST or answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer
    answered = json.loads(answer.content) if answer.headers.get("Content-Type") == "application/json" else {}
    sentences = answered.pop("errors", [])
    if sentences:
        errors = [{"code": one["code"], "detail": one["message"], "attr": one.get("param")} for one in sentences]
    else:
        reason = _reason(request, answer.status_code, answered)
        errors = [{"code": reason.code, "detail": reason.detail, "attr": None}]
    beside = answered if answered.keys() & {"data", "meta"} else {}
    if "is_authenticated" in beside.get("meta", {}):
        beside["meta"]["is_authenticated"] = bool(beside["meta"]["is_authenticated"])  # it can be null
    answer.content = json.dumps({"type": _kind(answer.status_code), "errors": errors, **beside})
    answer.headers["Content-Type"] = "application/json"
    return answer


def _kind(status: int) -> str:
    if status == HTTPStatus.BAD_REQUEST:
        return "validation_error"
    return "client_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"


def _reason(request: HttpRequest, status: int, answered: dict[str, Any]) -> ErrorDetail:
    refusal: TokenRefused | None = None
    if status == HTTPStatus.GONE:
        refusal = refusal_of_session_token(request.headers.get("X-Session-Token", ""))
    elif status == HTTPStatus.UNAUTHORIZED:
        due = next((flow["id"] for flow in answered["data"]["flows"] if flow.get("is_pending")), "")
        if answered["meta"]["is_authenticated"] or due in _PENDING:
            return _PENDING.get(due, _TOO_OLD)
        refusal = refusal_of_header(request)
    if refusal:
        return ErrorDetail(str(refusal), code=refusal.code)
    return _SENTENCES.get(status, _SENTENCES[HTTPStatus.BAD_REQUEST])
