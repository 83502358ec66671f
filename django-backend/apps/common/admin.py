"""Admin pages of the foundations."""

from django.contrib import admin

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin
from apps.common.models import IdempotencyRecord


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnly, SafeModelAdmin):
    """Stored answers, read-only: they are evidence of what was answered."""

    list_display = ("scope", "key", "response_status", "stored_at")
    search_fields = ("scope", "key")
    date_hierarchy = "stored_at"
