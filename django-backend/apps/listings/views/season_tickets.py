"""Season tickets of the signed-in holder."""

from collections.abc import Callable
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ReadViewSet
from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.listings.errors.season_tickets import SeasonTicketNotFound
from apps.listings.filters import SeasonTicketFilter
from apps.listings.models import SeasonTicket
from apps.listings.selectors.season_tickets import season_tickets_visible_to
from apps.listings.serializers.season_tickets import (
    SeasonTicketInput,
    SeasonTicketOutput,
    WithholdingInput,
    WithholdingOutput,
    withholding_answer,
)
from apps.listings.services.season_tickets import season_ticket_register
from apps.listings.services.withheld_seats import seats_release, seats_withhold
from apps.listings.views.common import HolderWritesMixin


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
        data = SeasonTicketInput(data=request.data)
        data.is_valid(raise_exception=True)
        season_ticket = season_ticket_register(
            holder=self.user.ticket_holder, **data.validated_data, now=timezone.now()
        )
        return Response(SeasonTicketOutput(season_ticket).data, status=201)

    @extend_schema(summary="Withhold seats for own use", request=WithholdingInput, responses=WithholdingOutput)
    @action(detail=True, methods=["post"])
    def withhold(self, request: Request, pk: str) -> Response:
        """Keep seats of chosen home games from being listed; all of them or none. Repeating it changes nothing."""
        return self._withholding(request, seats_withhold)

    @extend_schema(summary="Release withheld seats", request=WithholdingInput, responses=WithholdingOutput)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Let withheld seats of chosen home games be listed again. Repeating it changes nothing."""
        return self._withholding(request, seats_release)

    def _withholding(self, request: Request, service: Callable[..., dict[UUID, list[str]]]) -> Response:
        data = WithholdingInput(data=request.data)
        data.is_valid(raise_exception=True)
        try:
            withheld = service(
                holder=self.user.ticket_holder,
                season_ticket_id=self.get_object().id,
                **data.validated_data,
                now=timezone.now(),
            )
        except SeasonTicketNotFound as error:  # in the address, not in the body
            raise Http404 from error
        return Response(withholding_answer(withheld))
