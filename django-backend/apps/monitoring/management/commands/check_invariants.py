"""`manage.py check_invariants`: check now, and tell on the terminal what is broken."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.monitoring.selectors.invariants import INVARIANTS
from apps.monitoring.services.invariants import invariant_look, invariants_check


class Command(BaseCommand):
    """Does what beat does each 15 minutes; exit code 1 when something is broken."""

    help = "Check the invariants; the exit code is 1 when one is broken. Results are kept, and staff told of changes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option."""
        parser.add_argument("--dry-run", action="store_true", help="keep no result and tell nobody")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and tell.

        Raises:
            CommandError: something is broken.
        """
        now = timezone.now()
        if options["dry_run"]:
            results = [invariant_look(invariant=invariant, now=now) for invariant in INVARIANTS]
        else:
            results = invariants_check(now=now)
        for checked in results:
            name, found = checked.invariant.name, checked.found
            if not checked.is_failing:
                self.stdout.write(f"ok      {name}")
                continue
            self.stdout.write(f"BROKEN  {name}: {checked.error or f'{found.count} found'}")
            self.stdout.write(f"        It should be: {checked.invariant.sentence}")
            for one in found.ids:
                self.stdout.write(f"        {one}")
        if broken := sum(checked.is_failing for checked in results):
            raise CommandError(f"{broken} of {len(results)} invariants are broken.")
