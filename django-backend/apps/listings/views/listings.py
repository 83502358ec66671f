"""Listings, seats and games of the signed-in holder, the moves of a holder, and what a sale would bring."""

from typing import cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ConditionalViewSet
from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.common.openapi import read_schema
from apps.common.queries import Use
from apps.common.rows import Row
from apps.common.views import StrictView
from apps.holders.api import HolderWritesMixin, ticket_holder_of
from apps.listings.enums import ListingMove
from apps.listings.filters import TicketFilter
from apps.listings.models import Listing, Ticket
from apps.listings.selectors.availability import availability
from apps.listings.selectors.listings import history_answers, history_rows, listings_of, new_listing_answers
from apps.listings.selectors.payouts import payout_preview
from apps.listings.selectors.tickets import ticket_answer, ticket_rows, tickets_visible_to
from apps.listings.serializers.listing_output import ListingEventOutput, ListingOutput, TicketOutput
from apps.listings.serializers.listings import (
    ListingChangeInput,
    ListingInput,
    PayoutPreviewOutput,
    PayoutPreviewQuery,
    RepriceInput,
    RepriceOutput,
)
from apps.listings.serializers.season_listing import AvailabilityOutput, SeasonListingInput, SeasonListingOutput
from apps.listings.services.listing_prices import listing_change, listings_reprice
from apps.listings.services.listings import listing_create, season_list
from apps.listings.views.common import EXPAND, ExpandedReads, ListingReadViewSet, move_action, today
from apps.season_tickets.api import SeasonTicketNotFound, season_tickets_visible_to
from apps.season_tickets.models import SeasonTicket
from apps.users.models import User


@read_schema("Listings", "Listings, newest first", "One listing", parameters=[EXPAND])
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
        data = self.sent(ListingInput)
        act = self.act()
        new = listing_create(
            holder=self.user.ticket_holder,
            season_ticket_id=data.validated_data["season_ticket"],
            event_id=data.validated_data["event"],
            seats=data.validated_data["seats"],
            price_cents=data.validated_data["price"],
            terms=data.terms(),
            act=act,
        )
        return Response(new_listing_answers([new], at=act.at, on=today())[0], status=201)

    @extend_schema(summary="Change price and terms", request=ListingChangeInput, responses=ListingOutput)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change price or terms of your own open listing; what is left out stays."""
        listing_id = self.listing_id()
        data = self.sent(ListingChangeInput)
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

    withdraw = move_action(
        ListingMove.WITHDRAW,
        "Withdraw a pending listing",
        "Withdraw a listing that staff have not decided about; its seats are free again.",
    )
    request_delisting = move_action(
        ListingMove.REQUEST_DELISTING,
        "Request delisting",
        "Ask staff to take a listing off sale, with a reason; until they do, it can still be sold.",
    )
    relist = move_action(
        ListingMove.RELIST,
        "Relist a delisted listing",
        "Offer the same seats again; staff decide as about a new listing.",
    )

    @extend_schema(
        operation_id="listings_reprice",
        summary="Reprice many listings",
        parameters=[IDEMPOTENCY_KEY],
        request=RepriceInput,
        responses=RepriceOutput,
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    @idempotent(scope=by_user)
    def reprice(self, request: Request) -> Response:
        """Give up to 500 open listings new base prices; the answer has the result for each."""
        data = self.sent(RepriceInput).validated_data
        prices_cents = {item["id"]: item["price"] for item in data["items"]}
        results = listings_reprice(holder=self.user.ticket_holder, prices_cents=prices_cents, act=self.act())
        return Response(RepriceOutput({"results": results}).data)

    @extend_schema(summary="History of a listing, oldest first", responses=ListingEventOutput(many=True), filters=False)
    @action(detail=True, ordering=("id",), orderings=None, rows=list, filterset_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """Every change: who (holder, staff or system), where, from what, to what, when, why."""
        page = self.paginate_queryset(history_rows(listing_id=self.listing_id()))
        return self.get_paginated_response(history_answers(page or ()))


@read_schema("Listings", "Single seats, latest listing first", "One seat", parameters=[EXPAND])
class TicketViewSet(ExpandedReads):
    """Every seat that was ever listed, one row each: own ones, or all of them for staff who may view them."""

    queryset = Ticket.objects.none()
    read = staticmethod(ticket_rows)
    serializer_class = TicketOutput
    filterset_class = TicketFilter
    # Seats are made with their listing. Following its index, the newest page is read without sorting all seats.
    ordering = ("-listing_id", "position", "id")
    orderings = {
        "-created_at": ordering,
        "created_at": ("listing_id", "position", "id"),
        "price": ("listing__price_cents", "listing_id", "position", "id"),
        "-price": ("-listing__price_cents", "-listing_id", "position", "id"),
        "starts_at": ("event__starts_at", "listing_id", "position", "id"),
        "-starts_at": ("-event__starts_at", "-listing_id", "position", "id"),
    }

    def get_queryset(self) -> QuerySet[Ticket]:
        return tickets_visible_to(user=self.user)

    def answers(self, rows: list[Row]) -> list[Row]:
        return [ticket_answer(row) for row in rows]


@extend_schema(tags=["Season tickets"])
class SeasonViewSet(HolderWritesMixin, ConditionalViewSet):
    """Games to come of a season ticket, below its own address."""

    queryset = SeasonTicket.objects.none()

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
        data, act = self.sent(SeasonListingInput), self.act()
        try:
            listed = season_list(
                holder=self.user.ticket_holder,
                season_ticket_id=UUID(pk),
                request=data.season_request(),
                seats=data.validated_data.get("seats"),
                terms=data.terms(),
                act=act,
            )
        except (ValueError, SeasonTicketNotFound) as error:  # it is named in the address, not in the body
            raise Http404 from error
        elsewhere = [{"event": str(game.id), "label": game.label, "venue": game.venue} for game in listed.elsewhere]
        listings = new_listing_answers(listed.listings, at=act.at, on=today())
        return Response({"count": len(listings), "listings": listings, "elsewhere": elsewhere}, status=201)

    @extend_schema(summary="Seats by game: free, withheld, listed, sold", responses=AvailabilityOutput)
    @action(detail=True, pagination_class=None)
    def availability(self, request: Request, pk: str) -> Response:
        """Every game to come with the state of each seat, and its local time at the venue and for the holder."""
        visible = season_tickets_visible_to(user=self.user).select_related(None).select_related("holder")
        season_ticket = get_object_or_404(visible, pk=pk)
        return Response(availability(season_ticket=season_ticket, now=timezone.now()))


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
