"""Refunds for cancelled events over HTTP, for staff."""

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.models import Event
from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.common.permissions import StaffPermission
from apps.common.views import StrictView
from apps.orders.serializers.refunds import EventRefundsOutput
from apps.orders.services.event_refunds import event_refunds_begin, event_refunds_preview


@extend_schema(
    tags=["Staff"], parameters=[OpenApiParameter("id", UUID, OpenApiParameter.PATH, description="The event.")]
)
class StaffEventRefundsView(StrictView):
    """The refunds of all buyers of an event."""

    permission_classes = (StaffPermission,)
    read_permission, write_permission = "orders.view_eventrefundrun", "orders.add_eventrefundrun"

    @extend_schema(
        operation_id="staff_events_refunds_retrieve",
        summary="What refunds for an event come to, and how far they are",
        responses=EventRefundsOutput,
    )
    def get(self, request: Request, pk: str) -> Response:
        """Return what is still to be refunded beside the balance at Stripe, before and after the refunds have begun."""
        return Response(event_refunds_preview(_event(pk)))

    @extend_schema(
        operation_id="staff_events_refunds_create",
        summary="Refund all buyers of a cancelled event",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: EventRefundsOutput},
    )
    @idempotent(scope=by_user)
    def post(self, request: Request, pk: str) -> Response:
        """Begin; workers go on, and Slack gets one summary at the end. Again: what was left to staff is tried again.

        409 `event_not_cancelled`, or `nothing_to_refund` if no seats are left.
        """
        self.refuse_body()
        event = _event(pk)
        event_refunds_begin(event_id=event.id, act=self.act())
        return Response(event_refunds_preview(event), status=202)


def _event(text: str) -> Event:
    try:
        return Event.objects.select_related("venue").get(id=UUID(text))
    except (ValueError, Event.DoesNotExist):
        raise Http404 from None
