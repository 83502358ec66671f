"""The outbox in the admin: what waits, what failed, what was given up."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin
from apps.common.text import counted
from apps.notifications.enums import MessageState
from apps.notifications.models import MailOptOut, Notice, OutboxMessage
from apps.notifications.selectors import outbox_in_state
from apps.notifications.services.outbox import outbox_look_after, outbox_retry
from apps.notifications.topics import AccountMail


class StateFilter(admin.SimpleListFilter):
    """Messages by state."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, state.label) for state in MessageState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        value = self.value()
        return outbox_in_state(queryset, MessageState(value)) if value in MessageState.values else queryset


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnly, SafeModelAdmin):
    """Messages, read-only; failed ones can be retried, dead ones marked as looked after."""

    list_display = ("topic", "aggregate_key", "message_state", "attempts", "last_error", "available_at", "delivered_at")
    list_filter = (StateFilter, "topic")
    search_fields = ("aggregate_key",)
    date_hierarchy = "created_at"
    actions = ("retry_now", "look_after")

    def get_exclude(self, request: HttpRequest, obj: OutboxMessage | None = None) -> tuple[str, ...]:
        """Hide the text of mails whose links are as good as a password."""
        return ("payload",) if obj and obj.topic == AccountMail.name else ()

    @admin.display(description="State")
    def message_state(self, message: OutboxMessage) -> str:
        return message.state.label

    @admin.action(description="Retry now", permissions=["retry"])
    def retry_now(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        chosen = list(queryset.values_list("id", flat=True))
        retried = outbox_retry(message_ids=chosen, now=timezone.now())
        if retried:
            self.message_user(request, f"{counted(retried, 'message')} will be delivered now.", messages.SUCCESS)
        if left := len(chosen) - retried:
            self.message_user(request, f"Skipped: {counted(left, 'message')} that had not failed.", messages.WARNING)

    @admin.action(description="Mark as looked after", permissions=["retry"])
    def look_after(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        chosen, now = list(queryset.values_list("id", flat=True)), timezone.now()
        looked_after = outbox_look_after(message_ids=chosen, now=now)
        noted = OutboxMessage.objects.filter(id__in=chosen, looked_after_at=now)
        LogEntry.objects.log_actions(cast("AbstractUser", request.user).pk, noted, CHANGE, "Marked as looked after.")
        if looked_after:
            self.message_user(request, f"{counted(looked_after, 'message')} marked as looked after.", messages.SUCCESS)
        if left := len(chosen) - looked_after:
            self.message_user(request, f"Skipped: {counted(left, 'message')} that did not need it.", messages.WARNING)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_outboxmessage")


@admin.register(Notice)
class NoticeAdmin(ReadOnly, SafeModelAdmin):
    """Who got which notice, and whether they read it; only they can mark it as read."""

    list_display = ("title", "kind", "user", "created_at", "read_at")
    list_filter = ("kind", ("read_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("user__folded",)
    date_hierarchy = "created_at"


@admin.register(MailOptOut)
class MailOptOutAdmin(ReadOnly, SafeModelAdmin):
    """Who has switched off which mails; only they can change it."""

    empty_note = "Nobody has switched off a mail. People do it by the link in a mail or in their preferences."
    list_display = ("user", "kind", "created_at")
    list_filter = ("kind",)
    list_select_related = ("user",)
    search_fields = ("user__folded",)
    ordering = ("-created_at",)
