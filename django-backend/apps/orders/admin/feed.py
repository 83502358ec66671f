"""Staff decide where the feed and our events disagree, and about events that have left the feed."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from apps.catalog.api import is_overtaken
from apps.catalog.enums import EventImportStatus
from apps.catalog.models import Event, EventImport, FeedDifference
from apps.common.acts import Act
from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin, admin_act
from apps.common.admin_links import page_link
from apps.common.admin_lists import RowFilter, column
from apps.common.admin_once import DecisionForm
from apps.common.errors import DomainError
from apps.common.form_fields import LineFormField
from apps.orders.services.feed_decisions import feed_difference_keep, feed_difference_take, missing_event_decide

DECISIONS: Final = {
    "keep": "Kept, although it is no longer in the feed.",
    "postpone": "Postponed.",
    "cancel": "Cancelled.",
    "succeed": "It continues as the rescheduled game.",
}


class MissingDecisionForm(forms.Form):
    """The decision about an event that has left the feed; `succeed:7410003` names the game that replaces it."""

    event = forms.ModelChoiceField(Event.objects.all())
    decision = forms.RegexField(rf"^(?:{'|'.join(DECISIONS)})(?::[0-9]{{1,18}})?$")
    note = LineFormField(max_length=300, required=False)


class OpenFilter(admin.SimpleListFilter):
    """Differences, open or decided."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "To be decided"), ("decided", "Decided")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[FeedDifference]) -> QuerySet[FeedDifference]:
        if self.value() == "open":
            return queryset.filter(decision="")
        return queryset.exclude(decision="") if self.value() == "decided" else queryset


@admin.register(FeedDifference)
class FeedDifferenceAdmin(ReadOnly, SafeModelAdmin):
    """Differences between the feed and our events; a decision is a change of the event like any other."""

    empty_note = "Imports add facts that both the feed and staff have changed, and events that have left the feed."
    list_display = ("event_link", "fact", "feed_says", "we_had", "noticed_at", "decision", "decided_by")
    list_display_links = ("fact",)  # the event is a link of its own
    list_filter = (OpenFilter, "fact", ("event__season", RowFilter))
    list_select_related = ("event", "decided_by")
    search_fields = ("event__folded",)
    date_hierarchy = "noticed_at"
    fields = (
        "event_link", "fact", "feed_says", "we_had", "noticed_at", "decision", "decided_by", "decided_at",
    )  # fmt: skip
    actions = ("keep", "take", "postpone", "cancel", "succeed")
    action_form = DecisionForm
    event_link = column(
        "Event", lambda row: page_link("catalog_event_change", row.event, key=row.event_id), by="event__label"
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.decide_missing))
        return [path("missing/<uuid:pk>/", view, name="catalog_feeddifference_missing"), *super().get_urls()]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_event")

    @admin.action(description="Keep ours", permissions=["decide"])
    def keep(self, request: HttpRequest, queryset: QuerySet[FeedDifference]) -> None:
        self._decide(request, queryset, "Ours kept", feed_difference_keep)

    @admin.action(description="Take the feed's", permissions=["decide"])
    def take(self, request: HttpRequest, queryset: QuerySet[FeedDifference]) -> None:
        """Give the events what the feed says; the reason is read by holders when start or venue change."""
        self._decide(request, queryset, "The feed's taken", feed_difference_take)

    @admin.action(description="Left the feed: postpone", permissions=["decide"])
    def postpone(self, request: HttpRequest, queryset: QuerySet[FeedDifference]) -> None:
        self._decide_missing(request, queryset, "postpone")

    @admin.action(description="Left the feed: cancel for good, refund buyers", permissions=["decide"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[FeedDifference]) -> None:
        self._decide_missing(request, queryset, "cancel")

    @admin.action(description="Left the feed: continue as the rescheduled game", permissions=["decide"])
    def succeed(self, request: HttpRequest, queryset: QuerySet[FeedDifference]) -> None:
        """Continue events that have left the feed as the one game that was rescheduled from their day."""
        self._decide_missing(request, queryset, "succeed")

    def decide_missing(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Decide on the page of an import about one event that its file lacks."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        event_import = get_object_or_404(EventImport.objects.defer("payload", "report"), pk=pk)
        form = MissingDecisionForm(request.POST)
        if form.is_valid():
            event = form.cleaned_data["event"]
            decision, _, successor = form.cleaned_data["decision"].partition(":")
            work = partial(
                missing_event_decide,
                event_id=event.pk,
                decision=decision,
                successor=int(successor) if successor else None,
                is_noted=event_import.status == EventImportStatus.APPLIED or is_overtaken(event_import),
                act=admin_act(request, form.cleaned_data["note"]),
            )
            self._run(request, event, DECISIONS[decision], work)
        else:
            messages.error(request, "Choose one of the decisions, with a reason of at most 300 characters.")
        return redirect("admin:catalog_event_skybox_import", pk=pk)

    def _decide_missing(self, request: HttpRequest, queryset: QuerySet[FeedDifference], decision: str) -> None:
        act = _act(request)
        for difference in queryset:
            work = partial(missing_event_decide, event_id=difference.event_id, decision=decision, act=act)
            self._run(request, difference.event, DECISIONS[decision], work)

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[FeedDifference],
        done: str,
        service: Callable[..., FeedDifference],
    ) -> None:
        act = _act(request)
        for difference in queryset:
            words = f"{done}: {difference.get_fact_display().lower()}."
            self._run(request, difference.event, words, partial(service, difference_id=difference.pk, act=act))

    def _run(self, request: HttpRequest, event: Event, done: str, work: Callable[[], object]) -> None:
        """Decide in a transaction of its own, report the result, and log it for the event."""
        try:
            work()
        except DomainError as refusal:
            self.message_user(request, f"{event}: {refusal}", messages.ERROR)
        else:
            self.log_change(request, event, done)
            self.message_user(request, f"{event}: {done}", messages.SUCCESS)


def _act(request: HttpRequest) -> Act:
    return admin_act(request, request.POST.get("reason", "").strip()[:300])
