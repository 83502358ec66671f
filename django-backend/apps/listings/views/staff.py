"""Staff decide about listings, one or many at a time."""

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.listings.enums import ListingMove
from apps.listings.permissions import CanTriageListings
from apps.listings.serializers.listing_output import ListingOutput
from apps.listings.serializers.moves import BulkMoveInput, BulkMoveOutput, CommissionRateInput, MoveInput
from apps.listings.services.lifecycle.moves import listings_move
from apps.listings.services.listing_rates import listing_rate_set
from apps.listings.views.common import EXPAND, ListingReadViewSet


@extend_schema(tags=["Staff"])
@extend_schema_view(
    list=extend_schema(summary="Listings of all holders", parameters=[EXPAND]),
    retrieve=extend_schema(summary="One listing", parameters=[EXPAND]),
)
class StaffListingViewSet(ListingReadViewSet):
    """Listings of all holders, for staff with the permission to view them; deciding needs that to change them."""

    permission_classes = (CanTriageListings,)

    @extend_schema(summary="Approve a pending listing", request=MoveInput, responses=ListingOutput)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Put a pending listing on sale."""
        return self.move(ListingMove.APPROVE)

    @extend_schema(summary="Decline a pending listing", request=MoveInput, responses=ListingOutput)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Refuse a pending listing, with the reason that the holder reads."""
        return self.move(ListingMove.DECLINE)

    @extend_schema(summary="Approve a delisting request", request=MoveInput, responses=ListingOutput)
    @action(detail=True, methods=["post"], url_path="approve-delisting")
    def approve_delisting(self, request: Request, pk: str) -> Response:
        """Take the listing off sale."""
        return self.move(ListingMove.APPROVE_DELISTING)

    @extend_schema(summary="Delist once no buyer holds a seat", request=MoveInput, responses=ListingOutput)
    @action(detail=True, methods=["post"], url_path="delist-when-released")
    def delist_when_released(self, request: Request, pk: str) -> Response:
        """Take all seats off sale but those that a buyer holds; the listing is delisted when the last hold ends."""
        return self.move(ListingMove.DELIST_WHEN_RELEASED)

    @extend_schema(summary="Decline a delisting request", request=MoveInput, responses=ListingOutput)
    @action(detail=True, methods=["post"], url_path="decline-delisting")
    def decline_delisting(self, request: Request, pk: str) -> Response:
        """Leave the listing on sale, with the reason that the holder reads."""
        return self.move(ListingMove.DECLINE_DELISTING)

    @extend_schema(summary="Agree on a commission rate", request=CommissionRateInput, responses=ListingOutput)
    @action(detail=True, methods=["post"], url_path="commission-rate")
    def commission_rate(self, request: Request, pk: str) -> Response:
        """Give the listing a rate of its own, or null for the one agreed otherwise; sales made keep theirs."""
        listing_id = self.listing_id()
        data = CommissionRateInput(data=request.data)
        data.is_valid(raise_exception=True)
        listing_rate_set(
            listing_id=listing_id,
            rate_bps=data.validated_data["rate"],
            act=self.act(data.validated_data["reason"]),
        )
        return self.answer(listing_id)

    @extend_schema(summary="Decide about many listings", request=BulkMoveInput, responses=BulkMoveOutput)
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        """Make one decision about many listings; the answer says what became of each."""
        data = BulkMoveInput(data=request.data)
        data.is_valid(raise_exception=True)
        results = listings_move(
            listing_ids=data.validated_data["ids"],
            move=ListingMove(data.validated_data["move"]),
            act=self.act(data.validated_data["reason"]),
        )
        return Response(BulkMoveOutput({"results": results}).data)
