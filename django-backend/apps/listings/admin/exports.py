"""Which columns the CSV files for staff have."""

from typing import Any

from django.db.models import QuerySet
from import_export.fields import Field

from apps.common.exports import CentsField, SafeResource
from apps.listings.models import Listing, SeasonTicket


class SeasonTicketResource(SafeResource):
    """One line a block of seats; `event` is the game elsewhere that it is for, empty for one at the home venue."""

    holder = Field("holder__user__email")
    team = Field("team__name")
    season = Field("season__name")
    event = Field("event__label")
    seats = Field()

    class Meta:
        model = SeasonTicket
        fields = (
            "id", "holder", "team", "season", "event", "section", "row", "seats", "numbering", "status", "created_at",
        )  # fmt: skip
        export_order = fields

    def dehydrate_seats(self, season_ticket: SeasonTicket) -> str:
        return ", ".join(season_ticket.seats)


class ListingResource(SafeResource):
    """One line a listing; the price is that of one seat, in dollars."""

    holder = Field("holder__user__email")
    event = Field("event__label")
    starts_at = Field("event__starts_at")
    section = Field("season_ticket__section")
    row = Field("season_ticket__row")
    seats = Field()
    price = CentsField("price_cents")

    class Meta:
        model = Listing
        fields = (
            "id", "status", "holder", "event", "starts_at", "section", "row", "seats", "price", "currency",
            "created_at",
        )  # fmt: skip
        export_order = fields

    def filter_export(self, queryset: QuerySet[Listing], **kwargs: Any) -> QuerySet[Listing]:
        return queryset.select_related("holder__user", "event", "season_ticket").prefetch_related("tickets")

    def dehydrate_seats(self, listing: Listing) -> str:
        return ", ".join(ticket.seat for ticket in listing.tickets.all())
