"""Staff decide about listings, look at seats and history, and download what the filters leave."""

from collections.abc import Callable
from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from import_export.admin import ExportMixin
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.import_export.forms import ExportForm

from apps.common.exports import CSV_ONLY
from apps.common.money import cents_to_text
from apps.listings.admin.decisions import DecisionForm
from apps.listings.admin.exports import ListingResource
from apps.listings.enums import STAFF_MOVES, EventSource, ListingMove
from apps.listings.errors import MoveReasonMissing
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.services.listing_moves import listings_move
from apps.users.models import User


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


def _decision(move: ListingMove) -> Callable[["ListingAdmin", HttpRequest, QuerySet[Listing]], None]:
    @admin.action(description=move.label, permissions=["triage"])
    def decide(page: "ListingAdmin", request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        page.decide(request, queryset, move)

    decide.__name__ = move.value
    return decide


@admin.register(Listing)
class ListingAdmin(ExportMixin, ModelAdmin):
    """Listings with seats and history; the state machine owns every field, staff make its moves by the actions."""

    resource_classes = (ListingResource,)
    export_form_class = ExportForm
    formats = CSV_ONLY

    list_display = ("id", "holder", "event", "status", "price", "created_at")
    list_filter = ("status", "event__season")
    list_select_related = ("holder__user", "event")
    search_fields = ("holder__user__email", "event__name")
    date_hierarchy = "created_at"
    inlines = (TicketInline, ListingEventInline)
    actions = tuple(_decision(move) for move in STAFF_MOVES)
    action_form = DecisionForm

    def has_triage_permission(self, request: HttpRequest) -> bool:
        """Who may change listings decides about them, although the form changes nothing."""
        return request.user.has_perm("listings.change_listing")

    def decide(self, request: HttpRequest, queryset: QuerySet[Listing], move: ListingMove) -> None:
        """Make a move with the chosen listings and tell what became of them."""
        try:
            results = listings_move(
                listing_ids=list(queryset.values_list("id", flat=True)),
                move=move,
                actor=cast("User", request.user),
                source=EventSource.ADMIN,
                now=timezone.now(),
                reason=request.POST.get("reason", "").strip()[:500],
            )
        except MoveReasonMissing:
            self.message_user(request, "Write the reason that the holder will read, then try again.", messages.ERROR)
            return
        refusals = [result.refusal for result in results if result.refusal]
        if moved := len(results) - len(refusals):
            self.message_user(request, f"{move.label}: {moved} listing(s).", messages.SUCCESS)
        for refusal in refusals:
            self.message_user(request, refusal, messages.WARNING)

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
