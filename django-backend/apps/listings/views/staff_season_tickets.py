"""Staff decide about season tickets."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ReadViewSet
from apps.listings.filters import StaffSeasonTicketFilter
from apps.listings.models import SeasonTicket
from apps.listings.permissions import CanTriageSeasonTickets
from apps.listings.selectors.season_tickets import season_tickets_of_all
from apps.listings.selectors.twins import twins_of
from apps.listings.serializers.season_tickets import (
    SeasonTicketReasonInput,
    SeasonTicketVerifyInput,
    StaffSeasonTicketOutput,
)
from apps.listings.services.season_tickets import season_ticket_end, season_ticket_reject, season_ticket_verify


@extend_schema(tags=["Staff"])
@extend_schema_view(
    list=extend_schema(summary="Season tickets of all holders"), retrieve=extend_schema(summary="One season ticket")
)
class StaffSeasonTicketViewSet(ReadViewSet):
    """Season tickets of all holders, for staff with the permission to view them; deciding needs that to change them."""

    permission_classes = (CanTriageSeasonTickets,)
    queryset = SeasonTicket.objects.none()
    serializer_class = StaffSeasonTicketOutput
    filterset_class = StaffSeasonTicketFilter

    def get_queryset(self) -> QuerySet[SeasonTicket]:
        return season_tickets_of_all()

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return the serializer with the twins of all its rows, found at once."""
        rows = (args[0] if kwargs.get("many") else args) if args else ()
        kwargs["context"] = {**self.get_serializer_context(), "twins": twins_of(rows)}
        return super().get_serializer(*args, **kwargs)

    @extend_schema(summary="Verify a season ticket", request=SeasonTicketVerifyInput, responses=StaffSeasonTicketOutput)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, pk: str) -> Response:
        """Confirm that the seats are the holder's; 409 names seats that another verified season ticket has.

        Where pending season tickets may be for the same seats (`may_be_same_as`), 409 with the code
        `season_ticket_twins_unconfirmed` names them until `confirmed_twins` does.
        """
        compared = self.sent(SeasonTicketVerifyInput).validated_data
        season_ticket_verify(season_ticket_id=self.get_object().id, act=self.act(), **compared)
        return self._answer()

    @extend_schema(summary="Reject a season ticket", request=SeasonTicketReasonInput, responses=StaffSeasonTicketOutput)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Refuse the claim, with the reason that the holder reads."""
        season_ticket_reject(season_ticket_id=self.get_object().id, act=self.act(self._reason()))
        return self._answer()

    @extend_schema(summary="End a season ticket", request=SeasonTicketReasonInput, responses=StaffSeasonTicketOutput)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Take a verified season ticket out of use, with the reason; its seats are free for another one."""
        season_ticket_end(season_ticket_id=self.get_object().id, act=self.act(self._reason()))
        return self._answer()

    def _reason(self) -> str:
        return str(self.sent(SeasonTicketReasonInput).validated_data["reason"])

    def _answer(self) -> Response:
        return Response(self.get_serializer(self.get_object()).data)
