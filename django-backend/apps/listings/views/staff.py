"""Staff decide about listings, one or many at a time, and about season tickets."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ReadViewSet
from apps.listings.enums import ListingMove
from apps.listings.filters import StaffSeasonTicketFilter
from apps.listings.models import SeasonTicket
from apps.listings.permissions import CanTriageListings, CanTriageSeasonTickets
from apps.listings.selectors.season_tickets import season_tickets_of_all
from apps.listings.selectors.twins import twins_of
from apps.listings.serializers.listing_output import ListingOutput
from apps.listings.serializers.listings import BulkMoveInput, BulkMoveOutput, CommissionRateInput
from apps.listings.serializers.season_tickets import (
    SeasonTicketReasonInput,
    SeasonTicketVerifyInput,
    StaffSeasonTicketOutput,
)
from apps.listings.services.lifecycle.moves import listings_move
from apps.listings.services.listing_prices import listing_rate_set
from apps.listings.services.season_tickets import season_ticket_end, season_ticket_reject, season_ticket_verify
from apps.listings.views.common import EXPAND, ListingReadViewSet, move_action


@extend_schema(tags=["Staff"])
@extend_schema_view(
    list=extend_schema(summary="Listings of all holders", parameters=[EXPAND]),
    retrieve=extend_schema(summary="One listing", parameters=[EXPAND]),
)
class StaffListingViewSet(ListingReadViewSet):
    """Listings of all holders, for staff with the permission to view them; deciding needs that to change them."""

    permission_classes = (CanTriageListings,)

    approve = move_action(ListingMove.APPROVE, "Approve a pending listing", "Put a pending listing on sale.")
    decline = move_action(
        ListingMove.DECLINE,
        "Decline a pending listing",
        "Refuse a pending listing, with the reason that the holder reads.",
    )
    approve_delisting = move_action(
        ListingMove.APPROVE_DELISTING, "Approve a delisting request", "Take the listing off sale."
    )
    delist_when_released = move_action(
        ListingMove.DELIST_WHEN_RELEASED,
        "Delist once no buyer holds a seat",
        "Take all seats off sale but those that a buyer holds; the listing is delisted when the last hold ends.",
    )
    decline_delisting = move_action(
        ListingMove.DECLINE_DELISTING,
        "Decline a delisting request",
        "Leave the listing on sale, with the reason that the holder reads.",
    )

    @extend_schema(summary="Agree on a commission rate", request=CommissionRateInput, responses=ListingOutput)
    @action(detail=True, methods=["post"], url_path="commission-rate")
    def commission_rate(self, request: Request, pk: str) -> Response:
        """Set the listing's own commission rate, or null to use the agreed one; past sales keep theirs."""
        listing_id = self.listing_id()
        data = self.sent(CommissionRateInput).validated_data
        listing_rate_set(listing_id=listing_id, rate_bps=data["rate"], act=self.act(data["reason"]))
        return self.answer(listing_id)

    @extend_schema(summary="Decide about many listings", request=BulkMoveInput, responses=BulkMoveOutput)
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        """Make one decision about many listings; the answer has the result for each."""
        data = self.sent(BulkMoveInput).validated_data
        move, act = ListingMove(data["move"]), self.act(data["reason"])
        results = listings_move(listing_ids=data["ids"], move=move, act=act)
        return Response(BulkMoveOutput({"results": results}).data)


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
