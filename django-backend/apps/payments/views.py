"""Receives events of Stripe. Each is stored and answered at once; a worker does the rest."""

from typing import Final

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.payments.errors import EventTooLarge
from apps.payments.services.inbox import event_receive

MAX_EVENT_BYTES: Final = 512 * 1024


class WebhookView(APIView):
    """Events, authenticated by their signature, so neither login nor limits apply.

    It is not in the API description: Stripe documents its events, and nobody generates a client for them.
    """

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        """Accept an event; the body is read as it came, before anything parses it."""
        body = request._request.read(MAX_EVENT_BYTES + 1)  # noqa: SLF001 - the raw body
        if len(body) > MAX_EVENT_BYTES:
            raise EventTooLarge
        event_receive(body=body, signature=request.headers.get("Stripe-Signature", ""), now=timezone.now())
        return Response()
