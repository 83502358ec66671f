"""`manage.py weekly_issue_report`: the report of GitHub issues by hand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.common.errors import DomainError
from apps.reports.messages import report_text
from apps.reports.services import report_week, weekly_report_post, weekly_report_read


class Command(BaseCommand):
    """Posts the report of a week to Slack, once, or prints it."""

    help = "Post the weekly report of GitHub issues, unless that was done. Exit code 1: it cannot be made."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--week", metavar="2026-W47", help="the week that ended in this one (default: the last)")
        parser.add_argument("--dry-run", action="store_true", help="print the report and post nothing")
        parser.add_argument("--force", action="store_true", help="post it although that was done")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            week = report_week(now=now, name=options["week"])
            if options["dry_run"]:
                self.stdout.write(report_text(weekly_report_read(week=week, now=now)))
                return
            made = weekly_report_post(week=week, now=now, force=options["force"])
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
        if made is None:
            self.stdout.write(f"{week.name} was reported before; --force posts it again.")
        else:
            self.stdout.write(f"{week.name} will be posted to {made.channel}.")
