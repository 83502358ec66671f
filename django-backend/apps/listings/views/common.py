"""What the views of this app share."""

from datetime import date
from typing import Any, Final, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import mixins, viewsets
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.response import Response

from apps.common.idempotency import HEADER
from apps.holders.permissions import IsTicketHolder
from apps.listings.enums import EventSource, ListingMove
from apps.listings.filters import ListingFilter
from apps.listings.models import Listing
from apps.listings.selectors.listings import listings_visible_to, with_splits
from apps.listings.serializers.listing_output import ListingOutput
from apps.listings.serializers.moves import MoveInput
from apps.listings.services.listing_moves import listing_move
from apps.users.models import User

IDEMPOTENCY_KEY: Final = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 printable ASCII characters. The same key and body give the first answer again for 24 hours; "
    "with another body 422, while the first request runs 409.",
)


def today() -> date:
    """Return the UTC date."""
    return timezone.now().date()


class HolderWritesMixin(viewsets.GenericViewSet[Any]):
    """Everybody signed in reads what is theirs; only a ticket holder adds to it."""

    def get_permissions(self) -> list[BasePermission]:
        """Reading needs an account, writing a ticket holder."""
        return [IsAuthenticated(), IsTicketHolder()] if self.request.method == "POST" else [IsAuthenticated()]


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """A list, newest first, and its single rows; the selector behind `get_queryset` says whose."""

    ordering = ("-id",)

    @property
    def user(self) -> User:
        """The signed-in user; the permissions let nobody else through."""
        return cast("User", self.request.user)


class ListingReadViewSet(ReadViewSet):
    """Listings with the split that a sale would have today: own ones, or all of them for staff who may view them."""

    queryset = Listing.objects.none()
    serializer_class = ListingOutput
    filterset_class = ListingFilter

    def get_queryset(self) -> QuerySet[Listing]:
        """The listings that the user may see."""
        return listings_visible_to(user=self.user)

    def paginate_queryset(self, queryset: Any) -> Any:
        """The page, each listing with its split."""
        page = super().paginate_queryset(queryset)
        return with_splits(page, on=today()) if page else page

    def get_object(self) -> Listing:
        """The listing with its split."""
        return with_splits([super().get_object()], on=today())[0]

    def move(self, move: ListingMove) -> Response:
        """Make a move with the listing of the address and answer with the listing as it is then."""
        data = MoveInput(data=self.request.data)
        data.is_valid(raise_exception=True)
        listing_move(
            listing_id=self.get_object().id,
            move=move,
            actor=self.user,
            source=EventSource.API,
            now=timezone.now(),
            reason=data.validated_data["reason"],
        )
        return Response(self.get_serializer(self.get_object()).data)
