"""New prices for many listings."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.common.views import StrictView
from apps.holders.api import IsTicketHolder
from apps.listings.serializers.listings import RepriceInput, RepriceOutput
from apps.listings.services.listing_prices import listings_reprice
from apps.users.models import User


class RepriceView(StrictView):
    """New base prices for many of one's own listings."""

    permission_classes = (IsAuthenticated, IsTicketHolder)

    @extend_schema(
        operation_id="listings_reprice",
        summary="Reprice many listings",
        parameters=[IDEMPOTENCY_KEY],
        request=RepriceInput,
        responses=RepriceOutput,
        tags=["Listings"],
    )
    @idempotent(scope=by_user)
    def post(self, request: Request) -> Response:
        """Give up to 500 open listings new base prices; the answer says what became of each."""
        user = cast("User", request.user)
        data = RepriceInput(data=request.data)
        data.is_valid(raise_exception=True)
        results = listings_reprice(
            holder=user.ticket_holder,
            prices_cents={item["id"]: item["price"] for item in data.validated_data["items"]},
            act=self.act(),
        )
        return Response(RepriceOutput({"results": results}).data)
