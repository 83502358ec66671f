"""Season tickets of the signed-in holder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ReadViewSet
from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.listings.errors.season_tickets import SeasonTicketNotFound
from apps.listings.filters import SeasonTicketFilter
from apps.listings.models import SeasonTicket
from apps.listings.selectors.availability import availability
from apps.listings.selectors.listings import listing_answers_by_id
from apps.listings.selectors.season_tickets import season_tickets_visible_to
from apps.listings.serializers.season_listing import AvailabilityOutput, SeasonListingInput, SeasonListingOutput
from apps.listings.serializers.season_tickets import (
    SeasonTicketInput,
    SeasonTicketOutput,
    WithholdingInput,
    WithholdingOutput,
    withholding_answer,
)
from apps.listings.services.listings import season_list
from apps.listings.services.season_tickets import season_ticket_register
from apps.listings.services.withheld_seats import seats_release, seats_withhold
from apps.listings.views.common import HolderWritesMixin, today


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
    @idempotent(scope=by_user)
    def create(self, request: Request) -> Response:
        """Register a block of seats; it waits for staff as pending."""
        block = self.sent(SeasonTicketInput).validated_data
        season_ticket = season_ticket_register(holder=self.user.ticket_holder, **block, now=timezone.now())
        return Response(SeasonTicketOutput(season_ticket).data, status=201)

    @extend_schema(summary="Withhold seats for own use", request=WithholdingInput, responses=WithholdingOutput)
    @action(detail=True, methods=["post"])
    def withhold(self, request: Request, pk: str) -> Response:
        """Keep seats of chosen home games from being listed; all of them or none. Repeating it changes nothing."""
        return self._withholding(seats_withhold)

    @extend_schema(summary="Release withheld seats", request=WithholdingInput, responses=WithholdingOutput)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Let withheld seats of chosen home games be listed again. Repeating it changes nothing."""
        return self._withholding(seats_release)

    def _withholding(self, service: Callable[..., dict[UUID, list[str]]]) -> Response:
        wanted = self.sent(WithholdingInput).validated_data
        block = {"holder": self.user.ticket_holder, "season_ticket_id": self.get_object().id}
        with _in_the_address():
            withheld = service(**block, **wanted, now=timezone.now())
        return Response(withholding_answer(withheld))

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
            season_ticket_id = UUID(pk)
        except ValueError as error:
            raise Http404 from error
        with _in_the_address():
            listed = season_list(
                holder=self.user.ticket_holder,
                season_ticket_id=season_ticket_id,
                request=data.season_request(),
                seats=data.validated_data.get("seats"),
                terms=data.terms(),
                act=self.act(),
            )
        elsewhere = [{"event": str(game.id), "label": game.label, "venue": game.venue} for game in listed.elsewhere]
        answer = {"count": len(listed.ids), "listings": listing_answers_by_id(listed.ids, on=today())}
        return Response({**answer, "elsewhere": elsewhere}, status=201)

    @extend_schema(summary="Seats by game: free, withheld, listed, sold", responses=AvailabilityOutput)
    @action(detail=True, pagination_class=None)
    def availability(self, request: Request, pk: str) -> Response:
        """Every game to come with the state of each seat, and its local time at the venue and for the holder."""
        visible = self.get_queryset().select_related(None).select_related("holder")
        season_ticket = get_object_or_404(visible, pk=pk)
        return Response(availability(season_ticket=season_ticket, now=timezone.now()))


@contextmanager
def _in_the_address() -> Iterator[None]:
    """Answer 404 for a season ticket that is not the holder's: it is named in the address, not in the body."""
    try:
        yield
    except SeasonTicketNotFound as error:
        raise Http404 from error
