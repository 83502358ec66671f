"""Receives events of Stripe, and buyers who come back from its page."""

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.errors import DomainError
from apps.payments.enums import PAYING_FOR, PaymentStatus
from apps.payments.errors import EventTooLarge
from apps.payments.services.inbox import event_receive
from apps.payments.services.settling import payment_settle

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


@require_safe
@never_cache
def completed(request: HttpRequest) -> HttpResponse:
    """Say what has become of the payment. The visit pays nothing: Stripe is asked, as the webhook and the sweep do."""
    context = {"status": _status(request), "back": request.session.get(PAYING_FOR)}
    return render(request, "payments/completed.html", context)


@require_safe
@never_cache
def canceled(request: HttpRequest) -> HttpResponse:
    """Say that nothing was paid; the payment stays open until the buyer returns or it expires."""
    return render(request, "payments/canceled.html", {"back": request.session.get(PAYING_FOR)})


def _status(request: HttpRequest) -> PaymentStatus | None:
    """Return the status of the payment that the address names; None if it is unknown, or Stripe does not answer."""
    try:
        return payment_settle(payment_id=UUID(request.GET.get("payment", "")), now=timezone.now())
    except (ValueError, DomainError):
        return None
