"""The games of a season ticket: what is left to list, and the listing of many."""

from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ConditionalViewSet
from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.holders.api import HolderWritesMixin
from apps.listings.selectors.availability import availability
from apps.listings.selectors.listings import listing_answers_by_id
from apps.listings.serializers.season_listing import AvailabilityOutput, SeasonListingInput, SeasonListingOutput
from apps.listings.services.listings import season_list
from apps.listings.views.common import today
from apps.season_tickets.api import SeasonTicketNotFound, season_tickets_visible_to
from apps.season_tickets.models import SeasonTicket


@extend_schema(tags=["Season tickets"])
class SeasonViewSet(HolderWritesMixin, ConditionalViewSet):
    """Games to come of a season ticket, below its own address."""

    queryset = SeasonTicket.objects.none()

    @extend_schema(
        summary="List the seats of many home games",
        parameters=[IDEMPOTENCY_KEY],
        request=SeasonListingInput,
        responses={201: SeasonListingOutput},
    )
    @action(detail=True, methods=["post"])
    @idempotent(scope=by_user)
    def listings(self, request: Request, pk: str) -> Response:
        """List seats for all open home games, or for those named; all of them or none."""
        data = self.sent(SeasonListingInput)
        try:
            listed = season_list(
                holder=self.user.ticket_holder,
                season_ticket_id=UUID(pk),
                request=data.season_request(),
                seats=data.validated_data.get("seats"),
                terms=data.terms(),
                act=self.act(),
            )
        except (ValueError, SeasonTicketNotFound) as error:  # it is named in the address, not in the body
            raise Http404 from error
        elsewhere = [{"event": str(game.id), "label": game.label, "venue": game.venue} for game in listed.elsewhere]
        answer = {"count": len(listed.ids), "listings": listing_answers_by_id(listed.ids, on=today())}
        return Response({**answer, "elsewhere": elsewhere}, status=201)

    @extend_schema(summary="Seats by game: free, withheld, listed, sold", responses=AvailabilityOutput)
    @action(detail=True, pagination_class=None)
    def availability(self, request: Request, pk: str) -> Response:
        """Every game to come with the state of each seat, and its local time at the venue and for the holder."""
        visible = season_tickets_visible_to(user=self.user).select_related(None).select_related("holder")
        season_ticket = get_object_or_404(visible, pk=pk)
        return Response(availability(season_ticket=season_ticket, now=timezone.now()))
