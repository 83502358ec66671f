"""Staff decide about listings, one or many at a time, and about season tickets."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.openapi import read_schema
from apps.common.permissions import StaffPermission
from apps.listings.enums import ListingMove
from apps.listings.serializers.listing_output import ListingOutput
from apps.listings.serializers.listings import BulkMoveInput, BulkMoveOutput, CommissionRateInput
from apps.listings.services.lifecycle.moves import listings_move
from apps.listings.services.listing_prices import listing_rate_set
from apps.listings.views.common import EXPAND, ListingReadViewSet, move_action


@read_schema("Staff", "Listings of all holders", "One listing", parameters=[EXPAND])
class StaffListingViewSet(ListingReadViewSet):
    """Listings of all holders, for staff with the permission to view them; deciding needs that to change them."""

    permission_classes = (StaffPermission,)
    read_permission, write_permission = "listings.view_listing", "listings.change_listing"

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
