"""`manage.py make_statements`: statements by hand; beat makes those of the last month every day."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.common.errors import DomainError
from apps.common.text import counted
from apps.payouts.rules import month_before, month_named
from apps.payouts.services.statements import statements_count, statements_make


class Command(BaseCommand):
    """Makes the statements of a month that are missing, or counts them."""

    help = "Make the missing statements of a month, and notify their holders."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--month", metavar="2026-10", help="a month that is over in UTC (default: the last)")
        parser.add_argument("--dry-run", action="store_true", help="make none, only say how many there would be")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            month = month_named(options["month"]) if options["month"] else month_before(now)
            if options["dry_run"]:
                count = statements_count(month=month, now=now)
                self.stdout.write(f"{month.name}: {counted(count, 'statement')} would be made.")
            else:
                self.stdout.write(f"{month.name}: {counted(statements_make(month=month, now=now), 'statement')} made.")
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
