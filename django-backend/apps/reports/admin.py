"""The reports that were made, read-only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin
from apps.reports.models import WeeklyReport


@admin.register(WeeklyReport)
class WeeklyReportAdmin(ReadOnly, SafeModelAdmin):
    """Reports and their state in Slack; `manage.py weekly_issue_report --force` makes one again."""

    empty_note = "One is made each week, once GITHUB_ACCESS_TOKEN, WEEKLY_REPORT_REPOSITORIES and the channel are set."
    list_display = ("week", "channel", "starts_at", "ends_at", "made_at", "in_slack")
    list_filter = ("channel",)
    search_fields = ("week",)
    date_hierarchy = "ends_at"
    fields = ("week", "channel", "starts_at", "ends_at", "made_at", "in_slack")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WeeklyReport]:
        reports: QuerySet[WeeklyReport] = super().get_queryset(request).prefetch_related("slack_messages")
        return reports

    @admin.display(description="In Slack")
    def in_slack(self, report: WeeklyReport) -> str:
        states = [message.state for message in report.slack_messages.all()]
        return ", ".join(f"{state.label}: {states.count(state)}" for state in dict.fromkeys(states)) or "-"
