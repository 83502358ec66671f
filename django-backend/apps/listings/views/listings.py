"""Listings of the signed-in holder, the moves that the holder may make, and the history."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.common.pagination import StandardCursorPagination
from apps.listings.enums import ListingMove
from apps.listings.models import Listing
from apps.listings.selectors.listings import history_answers, history_rows, listings_of
from apps.listings.serializers.listing_output import ListingEventOutput, ListingOutput
from apps.listings.serializers.listings import ListingChangeInput, ListingInput
from apps.listings.serializers.moves import MoveInput
from apps.listings.services.listing_prices import listing_change
from apps.listings.services.listings import listing_create
from apps.listings.views.common import EXPAND, HolderWritesMixin, ListingReadViewSet


class HistoryPages(StandardCursorPagination):
    """Oldest change first."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        """Return the order of the changes."""
        return ("id",)


@extend_schema(tags=["Listings"])
@extend_schema_view(
    list=extend_schema(summary="Listings, newest first", parameters=[EXPAND]),
    retrieve=extend_schema(summary="One listing", parameters=[EXPAND]),
)
class ListingViewSet(HolderWritesMixin, ListingReadViewSet):
    """Seats offered for sale at single events, with the split that a sale would have today."""

    def changeable(self) -> QuerySet[Listing]:
        """Own ones: staff who hold tickets see the listings of others, but make no moves for them as holders."""
        return listings_of(user=self.user)

    @extend_schema(
        summary="List seats for sale",
        parameters=[IDEMPOTENCY_KEY],
        request=ListingInput,
        responses={201: ListingOutput},
    )
    @idempotent(scope=by_user)
    def create(self, request: Request) -> Response:
        """List seats of a verified season ticket at one event; all of the seats or none."""
        data = ListingInput(data=request.data)
        data.is_valid(raise_exception=True)
        listing_id = listing_create(
            holder=self.user.ticket_holder,
            season_ticket_id=data.validated_data["season_ticket"],
            event_id=data.validated_data["event"],
            seats=data.validated_data["seats"],
            price_cents=data.validated_data["price"],
            terms=data.terms(),
            act=self.act(),
        )
        return self.answer(listing_id, status=201)

    @extend_schema(summary="Change price and terms", request=ListingChangeInput, responses=ListingOutput)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change price or terms of your own open listing; what is left out stays."""
        listing_id = self.listing_id()
        data = ListingChangeInput(data=request.data)
        data.is_valid(raise_exception=True)
        try:
            listing_change(
                holder=self.user.ticket_holder,
                listing_id=listing_id,
                price_cents=data.validated_data.get("price"),
                changes=data.terms_named(),
                act=self.act(),
            )
        except Listing.DoesNotExist as error:  # staff who hold tickets see those of others
            raise Http404 from error
        return self.answer(listing_id)

    @extend_schema(summary="Withdraw a pending listing", request=MoveInput, responses=ListingOutput)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Withdraw a listing that staff have not decided about; its seats are free again."""
        return self.move(ListingMove.WITHDRAW)

    @extend_schema(summary="Request delisting", request=MoveInput, responses=ListingOutput)
    @action(detail=True, methods=["post"], url_path="request-delisting")
    def request_delisting(self, request: Request, pk: str) -> Response:
        """Ask staff to take a listing off sale, with a reason; until they do, it can still be sold."""
        return self.move(ListingMove.REQUEST_DELISTING)

    @extend_schema(summary="Relist a delisted listing", request=MoveInput, responses=ListingOutput)
    @action(detail=True, methods=["post"])
    def relist(self, request: Request, pk: str) -> Response:
        """Offer the same seats again; staff decide as about a new listing."""
        return self.move(ListingMove.RELIST)

    @extend_schema(summary="History of a listing, oldest first", responses=ListingEventOutput(many=True), filters=False)
    @action(detail=True, orderings=None, filterset_class=None, pagination_class=HistoryPages)
    def history(self, request: Request, pk: str) -> Response:
        """Every change: who (holder, staff or system), where, from what, to what, when, why."""
        pages = HistoryPages()
        page = pages.paginate_queryset(history_rows(listing_id=self.listing_id()), request)
        return pages.get_paginated_response(history_answers(page))
