"""Staff look at listings: seats, history, and a CSV of what the filters leave."""

from django.contrib import admin
from django.http import HttpRequest
from import_export.admin import ExportMixin
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.import_export.forms import ExportForm

from apps.common.exports import CSV_ONLY
from apps.common.money import cents_to_text
from apps.listings.admin.exports import ListingResource
from apps.listings.models import Listing, ListingEvent, Ticket


class _ReadOnlyInline(TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Listing | None = None) -> bool:
        """Rows come from services only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Listing | None = None) -> bool:
        """Rows change by services only."""
        return False


class TicketInline(_ReadOnlyInline):
    """The seats of the listing."""

    model = Ticket
    fields = ("section", "row", "seat", "status")


class ListingEventInline(_ReadOnlyInline):
    """The history of the listing."""

    model = ListingEvent
    fields = ("at", "actor", "source", "from_status", "to_status", "note")


@admin.register(Listing)
class ListingAdmin(ExportMixin, ModelAdmin):
    """Listings with seats and history, to look at; the state machine owns every field."""

    resource_classes = (ListingResource,)
    export_form_class = ExportForm
    formats = CSV_ONLY

    list_display = ("id", "holder", "event", "status", "price", "created_at")
    list_filter = ("status", "event__season")
    list_select_related = ("holder__user", "event")
    search_fields = ("holder__user__email", "event__name")
    date_hierarchy = "created_at"
    inlines = (TicketInline, ListingEventInline)

    @admin.display(description="Price a seat", ordering="price_cents")
    def price(self, listing: Listing) -> str:
        """The list price as people write it."""
        return f"{cents_to_text(listing.price_cents)} {listing.currency}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Holders list their seats themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Listing | None = None) -> bool:
        """A form is no place for a state machine."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Listing | None = None) -> bool:
        """Nothing that was offered for sale is ever deleted."""
        return False
