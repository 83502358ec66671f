"""Staff postpone, reschedule and cancel events."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.api import event_list
from apps.catalog.models import Event
from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.common.views import StrictView
from apps.orders.permissions import CanChangeEvents
from apps.orders.serializers.event_changes import EventChangeOutput, EventNoteInput, EventRescheduleInput
from apps.orders.services.event_changes import EventChanged, event_cancel, event_postpone, event_reschedule


@extend_schema(tags=["Staff"], parameters=[IDEMPOTENCY_KEY], responses=EventChangeOutput)
class StaffEventViewSet(StrictView, viewsets.GenericViewSet[Event]):
    """Changes of events with their consequences for listings, sales and holders, each in one transaction."""

    queryset = event_list()
    serializer_class = EventNoteInput
    permission_classes = (CanChangeEvents,)
    filterset_class = None

    @extend_schema(summary="Postpone an event", request=EventNoteInput)
    @action(detail=True, methods=["post"])
    @idempotent(scope=by_user)
    def postpone(self, request: Request, pk: str) -> Response:
        """Listings stay, mark-downs pause, payouts are held until there is a new date; holders are notified by mail."""
        return self._answer(event_postpone(**self._call(EventNoteInput)))

    @extend_schema(summary="Give an event a new start", request=EventRescheduleInput)
    @action(detail=True, methods=["post"])
    @idempotent(scope=by_user)
    def reschedule(self, request: Request, pk: str) -> Response:
        """Mark-downs and payouts follow the new date, sold tickets must be delivered again; holders are notified."""
        call = self._call(EventRescheduleInput)
        return self._answer(event_reschedule(venue_id=call.pop("venue"), **call))

    @extend_schema(summary="Cancel an event for good", request=EventNoteInput)
    @action(detail=True, methods=["post"])
    @idempotent(scope=by_user)
    def cancel(self, request: Request, pk: str) -> Response:
        """Open listings close, sales are flagged for refund, nothing is paid out; holders are notified by mail."""
        return self._answer(event_cancel(**self._call(EventNoteInput)))

    def _call(self, serializer_class: type[EventNoteInput]) -> dict[str, Any]:
        data = serializer_class(data=self.request.data)
        data.is_valid(raise_exception=True)
        values = data.validated_data
        act = self.act(values.pop("note"))
        return {**values, "event_id": self.get_object().id, "act": act}

    def _answer(self, changed: EventChanged) -> Response:
        event = self.get_object()  # with everything that its JSON shows
        counts = {"listings": changed.listings, "sales": changed.sales, "holders": changed.holders}
        return Response(EventChangeOutput({"event": event, **counts}).data)
