"""The market over HTTP: anybody reads what can be bought, with an account or without, and gets the same answer."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.models import Event
from apps.common.conditional import ConditionalReads
from apps.common.openapi import read_schema
from apps.common.row_views import RowReads
from apps.common.rows import Row
from apps.listings.api import listings_on_sale
from apps.listings.models import Listing
from apps.orders.filters.market import MarketEventFilter, MarketListingFilter
from apps.orders.models import Product
from apps.orders.permissions import MarketThrottle
from apps.orders.selectors.market import (
    market_event_answer,
    market_event_is_open,
    market_event_rows,
    market_events,
    market_listing_answer,
    market_listing_rows,
)
from apps.orders.selectors.products import product_answer, products_on_sale
from apps.orders.serializers.market import MarketEventOutput, MarketListingOutput, MarketProductOutput


class MarketReads(ConditionalReads, RowReads):
    """Asks nobody who they are: an access token that has expired must not hide the market from a fan."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (MarketThrottle,)
    is_public = True


@read_schema("Market", "Events with seats on sale, earliest first", "One event with seats on sale")
class MarketEventViewSet(MarketReads):
    """Events of which seats can be bought now, and what the cheapest seat costs.

    There is no ordering by price: it would need the cheapest seat of every event for each page.
    """

    queryset = Event.objects.none()
    serializer_class = MarketEventOutput
    filterset_class = MarketEventFilter
    ordering = ("starts_at", "id")

    def get_queryset(self) -> QuerySet[Event]:
        return market_events(at=timezone.now())

    def rows(self, queryset: QuerySet[Event]) -> list[Row]:
        return market_event_rows(queryset)

    def answers(self, rows: list[Row]) -> list[Row]:
        return [market_event_answer(row) for row in rows]


@extend_schema(tags=["Market"])
class MarketProductViewSet(ConditionalReads, viewsets.GenericViewSet[Product]):
    """Digital products that can be bought now; there are any number of each."""

    queryset = Product.objects.none()
    serializer_class = MarketProductOutput
    filterset_class = None
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (MarketThrottle,)
    is_public = True
    ordering = ("-id",)

    def get_queryset(self) -> QuerySet[Product]:
        return products_on_sale()

    @extend_schema(summary="Digital products, newest first")
    def list(self, request: Request) -> Response:
        """What a product costs; its file is loaded after the payment."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([product_answer(product) for product in page or []])


@extend_schema(tags=["Market"])
@extend_schema_view(list=extend_schema(summary="Seats on sale at an event, cheapest first"))
class MarketListingViewSet(MarketReads):
    """What can be bought at an event now, with the total that a buyer pays; 404 once nothing is sold any more.

    Seats that a buyer holds are left out. Prices may change while a client turns pages.
    """

    queryset = Listing.objects.none()
    serializer_class = MarketListingOutput
    filterset_class = MarketListingFilter
    # The total grows with the price.
    orderings = {
        "total": ("price_cents", "id"),
        "-total": ("-price_cents", "-id"),
        "section": ("season_ticket__section", "price_cents", "id"),
    }
    ordering = orderings["total"]

    def get_queryset(self) -> QuerySet[Listing]:
        try:
            event_id = UUID(self.kwargs["pk"])
        except ValueError as error:  # not an id
            raise Http404 from error
        if not market_event_is_open(event_id=event_id, at=timezone.now()):
            raise Http404
        return listings_on_sale(event_id)

    def rows(self, queryset: QuerySet[Any]) -> list[Row]:
        return market_listing_rows(queryset)

    def answers(self, rows: list[Row]) -> list[Row]:
        return [market_listing_answer(row) for row in rows]
