"""What staff were shown in Slack and what came back, read-only."""

from django.contrib import admin
from django.utils.formats import date_format

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin
from apps.triage.models import SlackRequest, TriageMessage


@admin.register(TriageMessage)
class TriageMessageAdmin(ReadOnly, SafeModelAdmin):
    """Messages to staff and their state in Slack."""

    list_display = ("created_at", "kind", "text", "holder", "slack_state")
    list_display_links = ("created_at", "text")
    list_filter = ("kind",)
    list_select_related = ("slack_message", "holder__user")
    search_fields = ("holder__user__folded", "slack_message__text")
    date_hierarchy = "created_at"
    fields = ("kind", "text", "holder", "slack_state", "channel", "posted_at", "possible_duplicate", "object_ids")

    @admin.display(description="Text")
    def text(self, message: TriageMessage) -> str:
        return message.slack_message.text

    @admin.display(description="In Slack")
    def slack_state(self, message: TriageMessage) -> str:
        return message.slack_message.state.label

    @admin.display(description="Channel")
    def channel(self, message: TriageMessage) -> str:
        return message.slack_message.channel or "-"

    @admin.display(description="Posted at")
    def posted_at(self, message: TriageMessage) -> str:
        posted = message.slack_message.posted_at
        return date_format(posted, "DATETIME_FORMAT") if posted else "-"

    @admin.display(description="May be there twice", boolean=True)
    def possible_duplicate(self, message: TriageMessage) -> bool:
        """Whether it was posted again after an answer was lost."""
        return message.slack_message.possible_duplicate


@admin.register(SlackRequest)
class SlackRequestAdmin(ReadOnly, SafeModelAdmin):
    """Buttons, reasons and commands: who sent what, and the result."""

    empty_note = "What staff press and type in Slack appears here for 30 days."
    list_display = ("received_at", "kind", "slack_user", "handled_at", "attempts", "outcome")
    list_filter = ("kind",)
    search_fields = ("slack_user",)
    date_hierarchy = "received_at"
    fields = ("received_at", "kind", "slack_user", "handled_at", "attempts", "outcome")
