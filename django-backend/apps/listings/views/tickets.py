"""Single seats of the signed-in holder."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from apps.common.rows import Row
from apps.listings.filters import TicketFilter
from apps.listings.models import Ticket
from apps.listings.selectors.tickets import ticket_answers, ticket_rows, tickets_visible_to
from apps.listings.serializers.tickets import TicketOutput
from apps.listings.views.common import EXPAND, RowReadViewSet


@extend_schema(tags=["Listings"], parameters=[EXPAND])
@extend_schema_view(
    list=extend_schema(summary="Single seats, latest listing first"), retrieve=extend_schema(summary="One seat")
)
class TicketViewSet(RowReadViewSet):
    """Every seat that was ever listed, one row each: own ones, or all of them for staff who may view them."""

    queryset = Ticket.objects.none()
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

    def rows(self, queryset: QuerySet[Ticket]) -> list[Row]:
        """The seats, with their event if that is expanded."""
        return ticket_rows(queryset, with_event="event" in self.expanded)

    def answers(self, rows: list[Row]) -> list[Row]:
        """The seats as they are shown."""
        return ticket_answers(rows)
