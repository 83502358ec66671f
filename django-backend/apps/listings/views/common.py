"""Shared by the views of this app."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ReadViewSet
from apps.common.queries import Use
from apps.common.row_views import RowReads
from apps.common.rows import Row
from apps.holders.api import rate_day
from apps.listings.enums import ListingMove
from apps.listings.filters import ListingFilter
from apps.listings.models import Listing
from apps.listings.selectors.listings import listing_answers, listing_answers_by_id, listing_rows, listings_visible_to
from apps.listings.serializers.listing_output import ListingOutput
from apps.listings.serializers.listings import MoveInput
from apps.listings.services.lifecycle.moves import listing_move

EXPAND: Final = OpenApiParameter(
    "expand", str, enum=["event"], description="`event`: the event itself in place of its id, with its local start."
)


def today() -> date:
    """Return the day whose commission rates apply now."""
    return rate_day(timezone.now())


class ExpandedReads(RowReads, ReadViewSet):
    """Rows of the signed-in user, with the whole event if the client asks for it."""

    orderings: Mapping[str, tuple[str, ...]]
    read: Callable[..., list[Row]]

    @cached_property
    def expanded(self) -> frozenset[str]:
        """Return what the client wants in full instead of by id.

        Raises:
            ValidationError: there is no such thing.
        """
        words = self.request.query_params.getlist(EXPAND.name)
        if unknown := set(words) - {"event"}:
            raise ValidationError(
                {EXPAND.name: f"Only event can be expanded, not {min(unknown)}."}, code="invalid_choice"
            )
        return frozenset(words)

    def known_parameters(self) -> dict[str, Use]:
        """Lists and single rows can be expanded."""
        known = super().known_parameters()
        return known | {EXPAND.name: Use.MANY} if self.action in {"list", "retrieve"} else known

    def rows(self, queryset: QuerySet[Any]) -> list[Row]:
        return self.read(queryset, with_event="event" in self.expanded)


class ListingReadViewSet(ExpandedReads):
    """Listings with the split that a sale would have today: own ones, or all of them for staff who may view them."""

    queryset = Listing.objects.none()
    read = staticmethod(listing_rows)
    serializer_class = ListingOutput
    filterset_class = ListingFilter
    # Ids grow with time, so ordering by id orders by time.
    orderings = {
        "-created_at": ("-id",),
        "created_at": ("id",),
        "price": ("price_cents", "id"),
        "-price": ("-price_cents", "-id"),
        "starts_at": ("event__starts_at", "id"),
        "-starts_at": ("-event__starts_at", "-id"),
    }

    def get_queryset(self) -> QuerySet[Listing]:
        return listings_visible_to(user=self.user)

    def answers(self, rows: list[Row]) -> list[Row]:
        return listing_answers(rows, on=today())

    def changeable(self) -> QuerySet[Listing]:
        """The listings that the user may move."""
        return self.get_queryset()

    def listing_id(self, listings: QuerySet[Listing] | None = None) -> UUID:
        """Return the id in the address, or raise Http404 if it is not in `listings`, by default the visible ones."""
        rows = self.get_queryset() if listings is None else listings
        return get_object_or_404(rows.only("id"), pk=self.kwargs["pk"]).id

    def answer(self, listing_id: UUID) -> Response:
        """Answer with a listing as it is now."""
        return Response(listing_answers_by_id([listing_id], on=today())[0])

    def move(self, move: ListingMove) -> Response:
        """Make a move with the listing of the address and answer with the listing."""
        data = self.sent(MoveInput)
        listing_id = self.listing_id(self.changeable())
        listing_move(listing_id=listing_id, move=move, act=self.act(data.validated_data["reason"]))
        return self.answer(listing_id)


def move_action(move: ListingMove, summary: str, description: str) -> Any:
    """Return the action of a `ListingReadViewSet` that makes a move; the texts are for the OpenAPI document."""

    def post(view: ListingReadViewSet, _request: Request, **_address: str) -> Response:
        return view.move(move)

    post.__name__ = move.value
    described = extend_schema(summary=summary, description=description, request=MoveInput, responses=ListingOutput)
    return described(action(detail=True, methods=["post"], url_path=move.value.replace("_", "-"))(post))
