"""Results of the checks, read-only."""

from django.contrib import admin

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin
from apps.monitoring.models import Heartbeat, InvariantResult
from apps.monitoring.selectors.invariants import INVARIANTS

_SENTENCES = {invariant.name: invariant.sentence for invariant in INVARIANTS}


@admin.register(InvariantResult)
class InvariantResultAdmin(ReadOnly, SafeModelAdmin):
    """The state of each invariant, and the rows that break it."""

    list_display = ("name", "state", "found", "since", "checked_at", "took", "error")
    list_filter = ("state",)
    fields = ("name", "sentence", "state", "since", "found", "ids", "error", "checked_at", "took", "told_at")
    readonly_fields = ("sentence", "took")

    @admin.display(description="It should be")
    def sentence(self, result: InvariantResult) -> str:
        return _SENTENCES.get(result.name, "-")

    @admin.display(description="Took", ordering="seconds")
    def took(self, result: InvariantResult) -> str:
        return f"{result.seconds:.3f} s"


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly, SafeModelAdmin):
    """When beat last had a task run."""

    list_display = ("id", "at")
