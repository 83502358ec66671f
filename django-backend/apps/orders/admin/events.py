"""The pages of events with what the catalogue alone cannot do: changes with consequences for listings and sales."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from import_export.admin import ExportMixin
from import_export.fields import Field
from unfold.admin import TabularInline
from unfold.contrib.import_export.forms import ExportForm
from unfold.decorators import action

from apps.catalog.admin.events import EventAdmin as CatalogueEventAdmin
from apps.catalog.models import Event, EventChange
from apps.common.admin_access import LookOnly
from apps.common.admin_base import admin_act
from apps.common.admin_links import list_of
from apps.common.admin_once import DecisionForm
from apps.common.errors import DomainError
from apps.common.exports import CSV_ONLY, SafeResource
from apps.common.text import counted
from apps.orders.forms import RescheduleForm
from apps.orders.services.event_changes import (
    EventChanged,
    event_cancel,
    event_opponent_follow,
    event_postpone,
    event_reschedule,
)

# What a listing was made for. Start and venue change by the page that notifies holders; whose game it is never changes.
FIXED_BY_LISTINGS: Final = ("season", "home_team", "venue", "starts_at", "time_tbd", "date_tbd")
HINTS: Final = {
    "home_team": "Seats are listed, so home team and season stay. If they are wrong, cancel the event and add the right"
    " one; its SkyBox event id can be moved there.",
    "starts_at": "In UTC. Seats are listed: use Reschedule for start and venue, which notifies the holders.",
}


class EventResource(SafeResource):
    """One line an event; the start in UTC."""

    league = Field("season__league__code")
    season = Field("season__name")
    venue = Field("venue__name")
    home_team = Field("home_team__name")
    away_team = Field("away_team__name")

    class Meta:
        model = Event
        fields = (
            "id", "skybox_event_id", "league", "season", "name", "label", "home_team", "away_team", "venue",
            "starts_at", "time_tbd", "date_tbd", "status", "additional_info",
        )  # fmt: skip
        export_order = fields

    def filter_export(self, queryset: QuerySet[Event], **kwargs: Any) -> QuerySet[Event]:
        """Return the rows with what the columns need."""
        return queryset.select_related("season__league", "venue", "home_team", "away_team")


class EventChangeInline(LookOnly, TabularInline):
    """What happened to the event."""

    model = EventChange
    fields = ("at", "actor", "source", "from_status", "to_status", "from_starts_at", "to_starts_at", "note")
    readonly_fields = fields
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[EventChange]:
        """The changes with their actors, in one query."""
        changes: QuerySet[EventChange] = super().get_queryset(request)
        return changes.select_related("actor")

    def has_view_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """Who may look at the event may look at what happened to it."""
        return request.user.has_perm("catalog.view_event") or request.user.has_perm("catalog.change_event")


def _with_reason(
    name: str, label: str, change: Callable[..., EventChanged]
) -> Callable[["EventAdmin", HttpRequest, QuerySet[Event]], None]:
    @admin.action(description=label, permissions=["change"])
    def act(page: "EventAdmin", request: HttpRequest, queryset: QuerySet[Event]) -> None:
        page.change_events(request, queryset, change)

    act.__name__ = name
    return act


admin.site.unregister(Event)


@admin.register(Event)
class EventAdmin(ExportMixin, CatalogueEventAdmin):
    """Events with their changes; postponing and cancelling take the reason from the action bar."""

    resource_classes = (EventResource,)
    export_form_class = ExportForm
    formats = CSV_ONLY

    inlines = (EventChangeInline,)
    actions = (
        _with_reason("postpone", "Postpone", event_postpone),
        _with_reason("cancel", "Cancel for good, refund buyers", event_cancel),
    )
    action_form = DecisionForm
    actions_detail = ("reschedule", "listings", "sales")

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> Sequence[str]:
        """What listings were made for too, once there are any."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, *FIXED_BY_LISTINGS) if obj is not None and obj.listings.exists() else fields

    def get_form(self, request: HttpRequest, obj: Event | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, with a hint where fields cannot be edited."""
        if obj is not None and obj.listings.exists():
            kwargs["help_texts"] = {**kwargs.get("help_texts", {}), **HINTS}
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        """Save the event; holders of its seats learn who the new opponent is."""
        super().save_model(request, obj, form, change)
        if change and "away_team" in form.changed_data:
            event_opponent_follow(
                event=obj,
                before_id=form.initial["away_team"],
                act=admin_act(request),
            )

    def change_events(
        self, request: HttpRequest, queryset: QuerySet[Event], change: Callable[..., EventChanged]
    ) -> None:
        """Change the chosen events one by one, each in its own transaction, and tell what became of each."""
        for event in queryset.order_by("id"):
            self._change(request, event, change, reason=request.POST.get("reason", "").strip()[:300])

    @action(description="Reschedule", url_path="reschedule", permissions=["change"], icon="event_repeat")
    def reschedule(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Take a new start and venue."""
        # The form compares start and venue with those of the page: nobody may move the event before it is done.
        with transaction.atomic():
            event = self.get_object(request, str(object_id))
            if event is None:
                raise Http404
            if not self.has_change_permission(request, event):
                raise PermissionDenied
            form = RescheduleForm(
                request.POST or None, event=event, changes=lambda since: self.changed_by(event, since)
            )
            if request.method == "POST" and form.is_valid():
                values = {**form.cleaned_data}
                reason, values["venue_id"] = values.pop("note"), values.pop("venue").id
                if self._change(request, event, partial(event_reschedule, **values), reason=reason):
                    return redirect("admin:catalog_event_change", event.pk)
        words = {"heading": f"New start and venue: {event}", "button": "Reschedule", "icon": "event_repeat"}
        return self.own_page(
            request, "orders/event_reschedule.html", form=form, title=f"Reschedule {event}", event=event, **words
        )

    def changes_since(self, row: Event, since: datetime) -> Iterator[tuple[datetime, str]]:
        """What the admin has logged, and what the API, Slack and imports did."""
        yield from super().changes_since(row, since)
        for change in EventChange.objects.filter(event=row, at__gt=since).select_related("actor"):
            yield change.at, str(change.actor or change.get_source_display())

    def has_listings_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who may view listings."""
        return request.user.has_perm("listings.view_listing")

    def has_sales_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who may view sales."""
        return request.user.has_perm("orders.view_sale")

    @action(description="Listings", url_path="listings", permissions=["listings"], icon="sell")
    def listings(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Go to the listings of this event."""
        return list_of("listings_listing", event__id__exact=object_id)

    @action(description="Sales", url_path="sales", permissions=["sales"], icon="receipt_long")
    def sales(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Go to the sales of this event."""
        return list_of("orders_sale", event__id__exact=object_id)

    def _change(self, request: HttpRequest, event: Event, change: Callable[..., EventChanged], *, reason: str) -> bool:
        try:
            done = change(event_id=event.id, act=admin_act(request, reason))
        except DomainError as refusal:
            self.message_user(request, f"{event}: {refusal}", messages.ERROR)
            return False
        self.log_change(request, event, f"{done.event.get_status_display()}: {reason}")
        counts = f"{counted(done.listings, 'listing')}, {counted(done.sales, 'sale')}"
        counts += f", {counted(done.holders, 'holder')} notified"
        self.message_user(request, f"{event}: {done.event.get_status_display().lower()}. {counts}.", messages.SUCCESS)
        return True
