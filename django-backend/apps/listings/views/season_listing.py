"""The listing of a whole season in one request."""

from typing import cast
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.common.views import StrictView
from apps.holders.api import IsTicketHolder
from apps.listings.errors.season_tickets import SeasonTicketNotFound
from apps.listings.selectors.listings import listing_answers_by_id
from apps.listings.serializers.season_listing import SeasonListingInput, SeasonListingOutput
from apps.listings.services.season_listing import season_list
from apps.listings.views.common import SEASON_TICKET_ID, today
from apps.users.models import User


class SeasonListingView(StrictView):
    """Seats of a season ticket, offered for many of its home games at once."""

    permission_classes = (IsAuthenticated, IsTicketHolder)

    @extend_schema(
        operation_id="season_tickets_listings_create",
        summary="List the seats of many home games",
        parameters=[IDEMPOTENCY_KEY, SEASON_TICKET_ID],
        request=SeasonListingInput,
        responses={201: SeasonListingOutput},
        tags=["Season tickets"],
    )
    @idempotent(scope=by_user)
    def post(self, request: Request, pk: str) -> Response:
        """List seats for all open home games, or for those named; all of them or none."""
        user = cast("User", request.user)
        data = SeasonListingInput(data=request.data)
        data.is_valid(raise_exception=True)
        try:
            season_ticket_id = UUID(pk)
        except ValueError as error:
            raise Http404 from error
        try:
            listed = season_list(
                holder=user.ticket_holder,
                season_ticket_id=season_ticket_id,
                request=data.season_request(),
                seats=data.validated_data.get("seats"),
                terms=data.terms(),
                act=self.act(),
            )
        except SeasonTicketNotFound as error:  # in the address, not in the body
            raise Http404 from error
        elsewhere = [{"event": str(game.id), "label": game.label, "venue": game.venue} for game in listed.elsewhere]
        answer = {"count": len(listed.ids), "listings": listing_answers_by_id(listed.ids, on=today())}
        return Response({**answer, "elsewhere": elsewhere}, status=201)
