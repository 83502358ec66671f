"""Staff decide about season tickets."""

from collections.abc import Callable
from typing import cast
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from import_export.admin import ExportMixin
from unfold.admin import ModelAdmin
from unfold.contrib.import_export.forms import ExportForm

from apps.common.exports import CSV_ONLY
from apps.listings.admin.decisions import DecisionForm
from apps.listings.admin.exports import SeasonTicketResource
from apps.listings.errors import SeasonTicketDecided
from apps.listings.models import SeasonTicket
from apps.listings.services.season_tickets import season_ticket_reject, season_ticket_verify
from apps.users.models import User


@admin.register(SeasonTicket)
class SeasonTicketAdmin(ExportMixin, ModelAdmin):
    """Season tickets; the status moves by the two actions only."""

    resource_classes = (SeasonTicketResource,)
    export_form_class = ExportForm
    formats = CSV_ONLY

    list_display = ("holder", "team", "season", "section", "row", "first_seat", "last_seat", "status", "created_at")
    list_filter = ("status", "season", "team__league")
    list_select_related = ("holder__user", "team", "season__league")
    search_fields = ("holder__user__email", "team__name", "section", "row")
    date_hierarchy = "created_at"
    actions = ("verify", "reject")
    action_form = DecisionForm
    readonly_fields = (
        "holder", "team", "season", "section", "row", "first_seat", "last_seat",
        "status", "rejection_reason", "decided_by", "decided_at", "created_at",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Holders register their season tickets themselves."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SeasonTicket | None = None) -> bool:
        """Listings and sales refer to season tickets for good."""
        return False

    @admin.action(description="Verify", permissions=["change"])
    def verify(self, request: HttpRequest, queryset: QuerySet[SeasonTicket]) -> None:
        """Confirm that the seats are the holder's."""
        now, actor = timezone.now(), cast("User", request.user)
        self._decide(
            request, queryset, "verified", lambda pk: season_ticket_verify(season_ticket_id=pk, actor=actor, now=now)
        )

    @admin.action(description="Reject with the reason", permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[SeasonTicket]) -> None:
        """Refuse the claim; the reason is for the holder."""
        reason = request.POST.get("reason", "").strip()[:300]
        if not reason:
            self.message_user(request, "Write the reason that the holder will read, then reject again.", messages.ERROR)
            return
        now, actor = timezone.now(), cast("User", request.user)
        self._decide(
            request,
            queryset,
            "rejected",
            lambda pk: season_ticket_reject(season_ticket_id=pk, reason=reason, actor=actor, now=now),
        )

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[SeasonTicket], done: str, decide: Callable[[UUID], None]
    ) -> None:
        decided, refused = [], 0
        for season_ticket in queryset:
            try:
                decide(season_ticket.pk)
            except SeasonTicketDecided:
                refused += 1
            else:
                decided.append(season_ticket)
        if decided:
            for season_ticket in decided:
                self.log_change(request, season_ticket, f"Season ticket {done}.")
            self.message_user(request, f"{len(decided)} season ticket(s) {done}.", messages.SUCCESS)
        if refused:
            self.message_user(
                request, f"{refused} had been decided about before and stay as they are.", messages.WARNING
            )
