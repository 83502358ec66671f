"""`manage.py check_invariants`: check now, and report on the terminal what is broken."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.monitoring.models import InvariantResult
from apps.monitoring.selectors.invariants import INVARIANTS
from apps.monitoring.services.invariants import Checked, invariant_look, invariants_check


class Command(BaseCommand):
    """Does what beat does every 15 minutes; exit code 1 when something is broken or could not be checked."""

    help = (
        "Check the invariants. Exit code 1: one is broken or could not be checked; 69: the database cannot be reached. "
        "Results are stored, and staff are notified of changes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="store no result and notify nobody")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and report.

        Raises:
            CommandError: something is broken, or could not be checked.
            DatabaseError: the database cannot be reached or has no tables, so nothing is known.
        """
        now = timezone.now()
        InvariantResult.objects.exists()  # a missing or empty database fails here, before it fails every check
        if options["dry_run"]:
            results = [invariant_look(invariant=invariant, now=now) for invariant in INVARIANTS]
        else:
            results = invariants_check(now=now)
        for checked in results:
            self._report(checked)
        failing = [checked for checked in results if checked.is_failing]
        unknown = sum(bool(checked.error) for checked in failing)
        if failing:
            words = f"{len(failing) - unknown} of {len(results)} invariants are broken"
            raise CommandError(words + (f", {unknown} could not be checked." if unknown else "."))

    def _report(self, checked: Checked) -> None:
        name, found = checked.invariant.name, checked.found
        if not checked.is_failing:
            self.stdout.write(f"ok      {name}")
            return
        self.stdout.write(
            f"UNKNOWN {name}: {checked.error}" if checked.error else f"BROKEN  {name}: {found.count} found"
        )
        self.stdout.write(f"        It should be: {checked.invariant.sentence}")
        for one in found.ids:
            self.stdout.write(f"        {one}")
