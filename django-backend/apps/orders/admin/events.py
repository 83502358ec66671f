"""Admin actions on events that have consequences for listings and sales."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import action

from apps.catalog.models import Event
from apps.common.admin_base import SafeModelAdmin, admin_act
from apps.common.admin_extensions import extends
from apps.common.admin_links import list_action
from apps.common.errors import DomainError
from apps.common.text import counted
from apps.orders.forms import RescheduleForm
from apps.orders.services.event_changes import (
    EventChanged,
    event_cancel,
    event_opponent_follow,
    event_postpone,
    event_reschedule,
)
from apps.orders.services.event_refunds import event_refunds_begin, event_refunds_preview

# What a listing was made for. Start and venue change on the page that notifies holders; season and home team never do.
FIXED_BY_LISTINGS: Final = ("season", "home_team", "venue", "starts_at", "time_tbd", "date_tbd")
HINTS: Final = {
    "home_team": "Seats are listed, so home team and season stay. If they are wrong, cancel the event and add the right"
    " one; its SkyBox event id can be moved there.",
    "starts_at": "In UTC. Seats are listed: use Reschedule for start and venue, which notifies the holders.",
}


@extends(Event)
class EventChanges(SafeModelAdmin):
    """Postponing and cancelling take the reason from the action bar; a new start or venue has a page."""

    actions = ("postpone", "cancel", "refund")
    actions_detail = ("reschedule", "listings", "sales")
    listings = list_action("Listings", model="listings_listing", by="event__id__exact", icon="sell")
    sales = list_action("Sales", model="orders_sale", by="event__id__exact", icon="receipt_long")

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> Sequence[str]:
        """What listings were made for too, once there are any."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, *FIXED_BY_LISTINGS) if obj is not None and obj.listings.exists() else fields

    def get_form(self, request: HttpRequest, obj: Event | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None and obj.listings.exists():
            kwargs["help_texts"] = {**kwargs.get("help_texts", {}), **HINTS}
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "away_team" in form.changed_data:
            event_opponent_follow(event=obj, before_id=form.initial["away_team"], act=admin_act(request))

    @admin.action(description="Postpone", permissions=["change"])
    def postpone(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self._change_each(request, queryset, event_postpone)

    @admin.action(description="Cancel for good, refund buyers", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self._change_each(request, queryset, event_cancel)

    def has_refund_permission(self, request: HttpRequest) -> bool:
        """Who may begin the refunds for a cancelled event."""
        return request.user.has_perm("orders.add_eventrefundrun")

    @admin.action(description="Refund all buyers of cancelled events", permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        """Begin the refunds for each of the chosen events, and say what they come to."""
        for event in queryset.order_by("id"):
            try:
                event_refunds_begin(event_id=event.id, act=admin_act(request))
            except DomainError as refusal:
                self.message_user(request, f"{event}: {refusal}", messages.ERROR)
                continue
            due = event_refunds_preview(event)
            self.log_change(request, event, f"Refunds begun: {due['amount']} {due['currency']}")
            words = f"{event}: {counted(due['orders'], 'order')}, {due['amount']} {due['currency']} are being refunded."
            if due["is_covered"] is False:
                words += f" The balance at Stripe has {due['available']}; the rest waits until there is more."
            self.message_user(request, words, messages.SUCCESS)

    @action(description="Reschedule", url_path="reschedule", permissions=["change"], icon="event_repeat")
    def reschedule(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        # The form compares start and venue with those of the page, so nobody may move the event meanwhile.
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

    def _change_each(
        self, request: HttpRequest, queryset: QuerySet[Event], change: Callable[..., EventChanged]
    ) -> None:
        """Change the chosen events one by one, each in its own transaction, and report what became of each."""
        for event in queryset.order_by("id"):
            self._change(request, event, change, reason=request.POST.get("reason", "").strip()[:300])

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
