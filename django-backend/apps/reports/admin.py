"""The reports that were made, to look at."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.reports.models import WeeklyReport


@admin.register(WeeklyReport)
class WeeklyReportAdmin(ModelAdmin):
    """Reports with what Slack shows of them; `manage.py weekly_issue_report --force` makes one again."""

    list_display = ("week", "channel", "starts_at", "ends_at", "made_at", "in_slack")
    list_filter = ("channel",)
    search_fields = ("week",)
    date_hierarchy = "ends_at"
    fields = ("week", "channel", "starts_at", "ends_at", "made_at", "in_slack")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WeeklyReport]:
        """Return reports with their messages, in one query more."""
        reports: QuerySet[WeeklyReport] = super().get_queryset(request).prefetch_related("slack_messages")
        return reports

    @admin.display(description="In Slack")
    def in_slack(self, report: WeeklyReport) -> str:
        """How many messages stand where."""
        states = [message.state for message in report.slack_messages.all()]
        return ", ".join(f"{state.label}: {states.count(state)}" for state in dict.fromkeys(states)) or "-"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Reports come from what happens."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: WeeklyReport | None = None) -> bool:
        """Nobody rewrites what was made."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: WeeklyReport | None = None) -> bool:
        """A report that is deleted would be made again."""
        return False
