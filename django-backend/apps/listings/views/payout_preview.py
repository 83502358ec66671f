"""What a sale would bring."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.queries import Use
from apps.common.views import StrictView
from apps.holders.api import ticket_holder_of
from apps.listings.selectors.payouts import payout_preview
from apps.listings.serializers.payouts import PayoutPreviewOutput, PayoutPreviewQuery
from apps.listings.views.common import today
from apps.users.models import User


class PayoutPreviewView(StrictView):
    """What a sale today would bring; a later sale has the rate of its own day."""

    query_parameters = dict.fromkeys(PayoutPreviewQuery().fields, Use.ONCE)

    @extend_schema(
        operation_id="payout_preview_retrieve",
        summary="Preview a payout, step by step",
        parameters=[PayoutPreviewQuery],
        responses=PayoutPreviewOutput,
        tags=["Listings"],
    )
    def get(self, request: Request) -> Response:
        """Return the split of `price` at the rate that applies to the user today, and how it comes about.

        With a `team`, its agreements count; with an `event`, those of its home team, and the last step says when the
        payout is due.
        """
        query = PayoutPreviewQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        team = query.validated_data.get("team")
        preview = payout_preview(
            holder=ticket_holder_of(cast("User", request.user)),
            price_cents=query.validated_data["price"],
            team_id=team.id if team else None,
            event=query.validated_data.get("event"),
            on=today(),
        )
        return Response(PayoutPreviewOutput(preview).data)
