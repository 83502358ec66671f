"""Staff look at holds, and release those whose buyers will not pay."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin, admin_act
from apps.common.admin_links import page_link
from apps.common.admin_lists import column
from apps.common.money import cents_to_text
from apps.common.text import counted
from apps.listings.models import Hold
from apps.listings.services.lifecycle.holding import holds_release
from apps.users.models import User


@admin.register(Hold)
class HoldAdmin(ReadOnly, SafeModelAdmin):
    """Holds, live and ended."""

    empty_note = "Seats are held here while a buyer pays."
    list_display = (
        "event", "place", "held_seats", "owner", "price", "held_at", "expires_at", "released_at", "outcome",
    )  # fmt: skip
    list_filter = (("released_at", admin.EmptyFieldListFilter), "outcome", "owner_kind")
    list_select_related = ("listing__event", "listing__season_ticket")
    search_fields = ("id__exact", "owner_id__exact", "listing__id__exact")
    date_hierarchy = "held_at"
    fields = (
        "id", "listing_link", "event", "place", "held_seats", "owner", "price", "held_at", "expires_at", "released_at",
        "outcome", "reason",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("release",)

    event = column("Event", lambda hold: str(hold.listing.event))
    listing_link = column(
        "Listing", lambda hold: page_link("listings_listing_change", "Open the listing", key=hold.listing_id)
    )
    place = column(
        "Section and row",
        lambda hold: f"{hold.listing.season_ticket.section} / {hold.listing.season_ticket.row}",
        by="listing__season_ticket__section",
    )
    held_seats = column("Seats", lambda hold: ", ".join(hold.seats))
    owner = column("Owner", lambda hold: hold.get_owner_kind_display())
    price = column(
        "Price per seat", lambda hold: f"{cents_to_text(hold.price_cents)} {hold.listing.currency}", by="price_cents"
    )

    @admin.action(description="Release", permissions=["decide"])
    def release(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        """End the chosen holds. A buyer who pays afterwards gets no seats."""
        chosen = set(queryset.values_list("id", flat=True))
        released = holds_release(hold_ids=chosen, act=admin_act(request, "Released by staff"))
        if released:
            rows = Hold.objects.select_related(*self.list_select_related).filter(id__in=[hold.id for hold in released])
            LogEntry.objects.log_actions(cast("User", request.user).pk, rows, CHANGE, "Released.")
            self.message_user(request, f"Released: {counted(len(released), 'hold')}.", messages.SUCCESS)
        if ended := len(chosen) - len(released):
            self.message_user(request, f"{counted(ended, 'hold')} had ended before.", messages.WARNING)
