"""Season tickets of the signed-in holder, and those of all holders, about which staff decide."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ReadViewSet
from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.common.openapi import read_schema
from apps.common.permissions import StaffPermission
from apps.holders.api import HolderWritesMixin
from apps.season_tickets.errors import SeasonTicketNotFound
from apps.season_tickets.filters import SeasonTicketFilter, StaffSeasonTicketFilter
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.selectors.season_tickets import season_tickets_of_all, season_tickets_visible_to
from apps.season_tickets.selectors.twins import twins_of
from apps.season_tickets.serializers import (
    SeasonTicketInput,
    SeasonTicketOutput,
    SeasonTicketReasonInput,
    SeasonTicketVerifyInput,
    StaffSeasonTicketOutput,
    WithholdingInput,
    WithholdingOutput,
)
from apps.season_tickets.services.decisions import season_ticket_end, season_ticket_reject, season_ticket_verify
from apps.season_tickets.services.season_tickets import season_ticket_register
from apps.season_tickets.services.withheld_seats import seats_release, seats_withhold


@read_schema("Season tickets", "Season tickets, newest first", "One season ticket")
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
        try:
            withheld = service(**block, **wanted, now=timezone.now())
        except SeasonTicketNotFound as error:  # staff who hold tickets see those of others
            raise Http404 from error
        rows = [{"event": event, "seats": seats} for event, seats in withheld.items()]
        return Response({"count": sum(map(len, withheld.values())), "withheld": rows})


@read_schema("Staff", "Season tickets of all holders", "One season ticket")
class StaffSeasonTicketViewSet(ReadViewSet):
    """Season tickets of all holders, for staff with the permission to view them; deciding needs that to change them."""

    permission_classes = (StaffPermission,)
    read_permission, write_permission = "season_tickets.view_seasonticket", "season_tickets.change_seasonticket"
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
