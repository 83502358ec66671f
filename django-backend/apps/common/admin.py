"""Admin pages of the foundations."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.common.models import IdempotencyRecord


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ModelAdmin):
    """Stored answers, to look at only: they are evidence of what was answered."""

    list_display = ("scope", "key", "response_status", "stored_at")
    search_fields = ("scope", "key")
    date_hierarchy = "stored_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes answers by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: IdempotencyRecord | None = None) -> bool:
        """Nobody changes them either."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: IdempotencyRecord | None = None) -> bool:
        """They go when their time is over."""
        return False
