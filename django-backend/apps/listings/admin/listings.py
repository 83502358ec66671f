"""Staff decide about listings, look at seats and history, and download the filtered list."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from import_export.fields import Field

from apps.common.admin_access import ReadOnly, ReadOnlyInline
from apps.common.admin_base import SafeModelAdmin, admin_act
from apps.common.admin_extensions import list_added
from apps.common.admin_links import list_action
from apps.common.admin_lists import RowFilter, column
from apps.common.admin_once import DecisionForm, action_box, once
from apps.common.errors import MoveReasonMissing
from apps.common.exports import CentsField, CsvExportMixin, SafeResource
from apps.common.form_fields import LineFormField, PlainDecimalField
from apps.common.money import BPS_PER_ONE, cents_to_text, rate_to_text
from apps.common.text import counted
from apps.holders.models import TicketHolder
from apps.listings.enums import STAFF_MOVES, ListingMove
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.services.lifecycle.moves import listings_move
from apps.listings.services.listing_prices import listing_rate_set
from apps.season_tickets.models import SeasonTicket


class ListingResource(SafeResource):
    """One line per listing; the price is that of one seat, in dollars."""

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


class TicketInline(ReadOnlyInline):
    """The seats of the listing."""

    model = Ticket
    fields = ("section", "row", "seat", "status")
    ordering = ("position",)


class ListingEventInline(ReadOnlyInline):
    """The history of the listing."""

    model = ListingEvent
    fields = ("at", "actor", "source", "change", "from_status", "to_status", "prices", "note")
    readonly_fields = ("prices",)
    ordering = ("id",)
    related = ("actor",)

    @admin.display(description="Price per seat")
    def prices(self, change: ListingEvent) -> str:
        prices = (change.from_price_cents, change.to_price_cents)
        return " → ".join(cents_to_text(cents) for cents in prices if cents is not None)


class ListingDecisionForm(DecisionForm):
    """The action bar with a field for a commission rate, which `OwnRateForm` reads."""

    rate = LineFormField(label="", max_length=6, required=False, widget=action_box("Rate, 0.1500; empty: none"))


class OwnRateForm(forms.Form):
    """A commission rate from 0 up to but not including 1; empty removes the listing's own rate."""

    rate = PlainDecimalField(
        share=True, min_value=Decimal(0), max_value=Decimal("0.9999"), decimal_places=4, required=False
    )
    reason = LineFormField(max_length=300)

    def rate_bps(self) -> int | None:
        rate: Decimal | None = self.cleaned_data["rate"]
        return None if rate is None else int(rate * BPS_PER_ONE)


def _decision(move: ListingMove) -> Callable[["ListingAdmin", HttpRequest, QuerySet[Listing]], None]:
    @admin.action(description=move.label, permissions=["decide"])
    def decide(page: "ListingAdmin", request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        page.decide(request, queryset, move)

    decide.__name__ = move.value
    return decide


@admin.register(Listing)
class ListingAdmin(ReadOnly, CsvExportMixin, SafeModelAdmin):
    """Listings with seats and history; the state machine owns every field, staff make its moves by the actions."""

    resource_classes = (ListingResource,)

    list_display = ("event_label", "starts_at", "holder", "place", "seats", "status", "price", "created_at")
    list_filter = (
        "status",
        "event__season__league",
        ("event__season", RowFilter),
        ("event__home_team", admin.RelatedOnlyFieldListFilter),
        "event__status",
        "split_rule",
        "delivery_type",
    )
    list_select_related = ("holder__user", "event", "season_ticket")
    search_fields = ("id__exact", "holder__user__folded", "event__folded", "season_ticket__section")
    date_hierarchy = "event__starts_at"
    fields = (
        "id", "holder", "season_ticket", "event", "status", "status_changed_at", "price", "base_price", "floor",
        "mark_downs", "next_markdown_at", "own_rate", "split_rule", "custom_quantities", "in_hand_date",
        "delivery_type", "disclosures", "notes", "show_seats", "created_at",
    )  # fmt: skip
    inlines = (TicketInline, ListingEventInline)
    actions = (*(_decision(move) for move in STAFF_MOVES), "set_own_rate")
    action_form = ListingDecisionForm
    actions_detail = ("holds",)
    holds = list_action("Holds", model="listings_hold", by="listing__id__exact", icon="timer")

    base_price = column(
        "Price before mark-downs", lambda listing: f"{cents_to_text(listing.base_price_cents)} {listing.currency}"
    )
    starts_at = column("Starts at (UTC)", lambda listing: listing.event.starts_at, by="event__starts_at")
    event_label = column("Event", lambda listing: str(listing.event), by="event__label")
    seats = column("Seats", lambda listing: ", ".join(ticket.seat for ticket in listing.tickets.all()))
    place = column(
        "Section and row",
        lambda listing: f"{listing.season_ticket.section} / {listing.season_ticket.row}",
        by="season_ticket__section",
    )
    price = column(
        "Price per seat", lambda listing: f"{cents_to_text(listing.price_cents)} {listing.currency}", by="price_cents"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        listings: QuerySet[Listing] = super().get_queryset(request)
        return listings.prefetch_related(Prefetch("tickets", Ticket.objects.order_by("position")))

    def decide(self, request: HttpRequest, queryset: QuerySet[Listing], move: ListingMove) -> None:
        act = admin_act(request, request.POST.get("reason", "").strip()[:500])
        try:
            results = listings_move(listing_ids=list(queryset.values_list("id", flat=True)), move=move, act=act)
        except MoveReasonMissing:
            self.message_user(request, "Write the reason that the holder will read, then try again.", messages.ERROR)
            return
        refusals = [result.refusal for result in results if result.refusal]
        if moved := len(results) - len(refusals):
            self.message_user(request, f"{move.label}: {counted(moved, 'listing')}.", messages.SUCCESS)
        for refusal in refusals:
            self.message_user(request, refusal, messages.WARNING)

    @admin.display(description="Floor")
    def floor(self, listing: Listing) -> str | None:
        if listing.floor_cents is None:
            return None
        return f"{cents_to_text(listing.floor_cents)} {listing.currency} ({listing.get_floor_basis_display().lower()})"

    @admin.display(description="Mark-downs")
    def mark_downs(self, listing: Listing) -> str | None:
        steps = (f"{rate_to_text(off_bps)} off from {days} days before" for days, off_bps in listing.price_steps)
        return "; ".join(steps) or None

    @admin.display(description="Own commission rate")
    def own_rate(self, listing: Listing) -> str:
        rate_bps = listing.commission_rate_bps
        return "None: by agreement or default" if rate_bps is None else rate_to_text(rate_bps)

    @admin.action(description="Set its own commission rate", permissions=["decide"])
    def set_own_rate(self, request: HttpRequest, queryset: QuerySet[Listing]) -> HttpResponse | None:
        """Agree on a rate for the chosen listings, or remove it; past sales keep their split."""
        form = OwnRateForm(request.POST)
        if not form.is_valid():
            for field, sentences in form.errors.items():
                self.message_user(request, f"{field.capitalize()}: {' '.join(map(str, sentences))}", messages.ERROR)
            return None
        return once(request, lambda: self._set_own_rate(request, list(queryset.order_by("id")), form))

    def _set_own_rate(self, request: HttpRequest, listings: list[Listing], form: OwnRateForm) -> HttpResponse:
        with transaction.atomic():
            for listing in listings:
                listing_rate_set(
                    listing_id=listing.id, rate_bps=form.rate_bps(), act=admin_act(request, form.cleaned_data["reason"])
                )
        self.message_user(request, f"Commission rate set for {counted(len(listings), 'listing')}.", messages.SUCCESS)
        return redirect(request.get_full_path())


list_added(TicketHolder, "Listings", model="listings_listing", by="holder__id__exact")
list_added(SeasonTicket, "Listings", model="listings_listing", by="season_ticket__id__exact", icon="sell")
