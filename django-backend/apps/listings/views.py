"""Season tickets and listings of the signed-in holder."""

from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.idempotency import HEADER, idempotent
from apps.holders.permissions import IsTicketHolder
from apps.holders.selectors import split_for
from apps.listings import selectors
from apps.listings.filters import ListingFilter, SeasonTicketFilter
from apps.listings.models import Listing, SeasonTicket
from apps.listings.serializers import ListingInput, ListingOutput, SeasonTicketInput, SeasonTicketOutput
from apps.listings.services.listings import listing_create
from apps.listings.services.season_tickets import season_ticket_register
from apps.users.models import User

_IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 printable ASCII characters. The same key and body give the first answer again for 24 hours; "
    "with another body 422, while the first request runs 409.",
)


class _OwnedViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Everybody signed in reads what is theirs; only a ticket holder adds to it."""

    ordering = ("-id",)

    @property
    def user(self) -> User:
        """The signed-in user; the permissions let nobody else through."""
        return cast("User", self.request.user)

    def get_permissions(self) -> list[BasePermission]:
        """Reading needs an account, writing a ticket holder."""
        return [IsAuthenticated(), IsTicketHolder()] if self.action == "create" else [IsAuthenticated()]


@extend_schema(tags=["Season tickets"])
@extend_schema_view(
    list=extend_schema(summary="Season tickets, newest first"), retrieve=extend_schema(summary="One season ticket")
)
class SeasonTicketViewSet(_OwnedViewSet):
    """Blocks of seats that the holder has for a season. Staff verify each before its seats can be listed."""

    queryset = SeasonTicket.objects.none()
    serializer_class = SeasonTicketOutput
    filterset_class = SeasonTicketFilter

    def get_queryset(self) -> QuerySet[SeasonTicket]:
        """Own season tickets; all of them for staff who may view them."""
        return selectors.season_tickets_visible_to(user=self.user)

    @extend_schema(
        summary="Register a season ticket",
        parameters=[_IDEMPOTENCY_KEY],
        request=SeasonTicketInput,
        responses={201: SeasonTicketOutput},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Register a block of seats; it waits for staff as pending."""
        data = SeasonTicketInput(data=request.data)
        data.is_valid(raise_exception=True)
        season_ticket = season_ticket_register(holder=self.user.ticket_holder, **data.validated_data)
        return Response(SeasonTicketOutput(season_ticket).data, status=201)


@extend_schema(tags=["Listings"])
@extend_schema_view(list=extend_schema(summary="Listings, newest first"), retrieve=extend_schema(summary="One listing"))
class ListingViewSet(_OwnedViewSet):
    """Seats offered for sale at single events, with the split that a sale would have today."""

    queryset = Listing.objects.none()
    serializer_class = ListingOutput
    filterset_class = ListingFilter

    def get_queryset(self) -> QuerySet[Listing]:
        """Own listings; all of them for staff who may view them."""
        return selectors.listings_visible_to(user=self.user)

    def get_serializer_context(self) -> dict[str, Any]:
        """Add the question that each row answers in its `split`."""
        return {**super().get_serializer_context(), "split_for": split_for}

    @extend_schema(
        summary="List seats for sale",
        parameters=[_IDEMPOTENCY_KEY],
        request=ListingInput,
        responses={201: ListingOutput},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """List seats of a verified season ticket at one event; all of the seats or none."""
        data = ListingInput(data=request.data)
        data.is_valid(raise_exception=True)
        listing = listing_create(
            holder=self.user.ticket_holder,
            season_ticket_id=data.validated_data["season_ticket"],
            event=data.validated_data["event"],
            seats=data.validated_data["seats"],
            price_cents=data.validated_data["price"],
            actor=self.user,
            now=timezone.now(),
        )
        return Response(self.get_serializer(listing).data, status=201)
