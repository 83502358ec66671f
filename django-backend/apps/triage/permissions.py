"""Only Slack may call these routes."""

from django.conf import settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView
from slack_sdk.signature import SignatureVerifier


class SignedBySlack(BasePermission):
    """The request carries Slack's signature of its raw body, made within five minutes.

    https://docs.slack.dev/authentication/verifying-requests-from-slack. Without a signing secret, nobody may.
    """

    message = "The signature is missing, wrong or too old."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether Slack made the request; the body is read here, before anything parses it."""
        body, headers = request._request.body, request.headers  # noqa: SLF001 - the raw body
        if not settings.SLACK_SIGNING_SECRET:
            return False
        try:
            return SignatureVerifier(settings.SLACK_SIGNING_SECRET).is_valid_request(body, headers)
        except (ValueError, TypeError, OverflowError):  # not a time, or a signature that is not ASCII
            return False
