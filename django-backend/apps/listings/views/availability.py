"""What is left to list of a season ticket."""

from typing import cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ConditionalReads
from apps.listings.selectors.availability import availability
from apps.listings.selectors.season_tickets import season_tickets_visible_to
from apps.listings.serializers.availability import AvailabilityOutput
from apps.listings.views.common import SEASON_TICKET_ID
from apps.users.models import User


class AvailabilityView(ConditionalReads):
    """The home games to come of a season ticket with its seats."""

    @extend_schema(
        operation_id="season_tickets_availability_retrieve",
        summary="Seats by game: free, withheld, listed, sold",
        parameters=[SEASON_TICKET_ID],
        responses=AvailabilityOutput,
        tags=["Season tickets"],
    )
    def get(self, request: Request, pk: str) -> Response:
        """Every game to come with the state of each seat, and its local time at the venue and for the holder."""
        visible = season_tickets_visible_to(user=cast("User", request.user))
        season_ticket = get_object_or_404(visible.select_related(None).select_related("holder"), pk=pk)
        return Response(availability(season_ticket=season_ticket, now=timezone.now()))
