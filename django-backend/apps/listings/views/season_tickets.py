"""Season tickets of the signed-in holder, and the listing of a whole season."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.idempotency import idempotent
from apps.listings.filters import SeasonTicketFilter
from apps.listings.models import SeasonTicket
from apps.listings.selectors.listings import listings_visible_to, with_splits
from apps.listings.selectors.season_tickets import season_tickets_visible_to
from apps.listings.serializers.season_listing import SeasonListingInput, SeasonListingOutput
from apps.listings.serializers.season_tickets import SeasonTicketInput, SeasonTicketOutput
from apps.listings.services.season_listing import season_list
from apps.listings.services.season_tickets import season_ticket_register
from apps.listings.views.common import IDEMPOTENCY_KEY, HolderWritesMixin, ReadViewSet, today


@extend_schema(tags=["Season tickets"])
@extend_schema_view(
    list=extend_schema(summary="Season tickets, newest first"), retrieve=extend_schema(summary="One season ticket")
)
class SeasonTicketViewSet(HolderWritesMixin, ReadViewSet):
    """Blocks of seats that the holder has for a season. Staff verify each before its seats can be listed."""

    queryset = SeasonTicket.objects.none()
    serializer_class = SeasonTicketOutput
    filterset_class = SeasonTicketFilter

    def get_queryset(self) -> QuerySet[SeasonTicket]:
        """Own season tickets; all of them for staff who may view them."""
        return season_tickets_visible_to(user=self.user)

    @extend_schema(
        summary="Register a season ticket",
        parameters=[IDEMPOTENCY_KEY],
        request=SeasonTicketInput,
        responses={201: SeasonTicketOutput},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Register a block of seats; it waits for staff as pending."""
        data = SeasonTicketInput(data=request.data)
        data.is_valid(raise_exception=True)
        season_ticket = season_ticket_register(holder=self.user.ticket_holder, **data.validated_data)
        return Response(SeasonTicketOutput(season_ticket).data, status=201)

    @extend_schema(
        summary="List the seats of many home games",
        parameters=[IDEMPOTENCY_KEY],
        request=SeasonListingInput,
        responses={201: SeasonListingOutput},
    )
    @action(detail=True, methods=["post"], url_path="listings", url_name="listings")
    @idempotent
    def listings(self, request: Request, pk: str) -> Response:
        """List seats for all open home games, or for those named; all of them or none."""
        season_ticket = self.get_object()
        data = SeasonListingInput(data=request.data)
        data.is_valid(raise_exception=True)
        ids = season_list(
            holder=self.user.ticket_holder,
            season_ticket_id=season_ticket.id,
            wish=data.wish(),
            seats=data.validated_data.get("seats"),
            actor=self.user,
            now=timezone.now(),
        )
        made = listings_visible_to(user=self.user).in_bulk(ids)
        listings = with_splits([made[listing_id] for listing_id in ids], on=today())
        return Response(SeasonListingOutput({"count": len(ids), "listings": listings}).data, status=201)
