"""Results of the checks, to look at."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.monitoring.models import Heartbeat, InvariantResult
from apps.monitoring.selectors.invariants import INVARIANTS

_SENTENCES = {invariant.name: invariant.sentence for invariant in INVARIANTS}


class _ReadOnly(ModelAdmin):
    """Rows to look at: nobody adds, changes or deletes them here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from the checks."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody rewrites what was found."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """The next check writes what is so then."""
        return False


@admin.register(InvariantResult)
class InvariantResultAdmin(_ReadOnly):
    """How each invariant stands, and the rows that break it."""

    list_display = ("name", "state", "found", "since", "checked_at", "seconds", "error")
    list_filter = ("state",)
    fields = ("name", "sentence", "state", "since", "found", "ids", "error", "checked_at", "seconds", "told_at")
    readonly_fields = ("sentence",)

    @admin.display(description="It should be")
    def sentence(self, result: InvariantResult) -> str:
        """What must be true."""
        return _SENTENCES.get(result.name, "-")


@admin.register(Heartbeat)
class HeartbeatAdmin(_ReadOnly):
    """When beat last had a task done."""

    list_display = ("id", "at")
