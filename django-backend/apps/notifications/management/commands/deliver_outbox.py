"""`manage.py deliver_outbox`: one sweep of the outbox by hand, where no worker runs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.gathering import outbox_gather
from apps.notifications.services.outbox import outbox_adopt


class Command(BaseCommand):
    """Gathers what belongs together and delivers what is due; safe beside workers that do the same."""

    help = "Gather and deliver what is due in the outbox, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=1_000, help="deliver at most so many (%(default)s)")
        parser.add_argument("--gather-only", action="store_true", help="send nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        outbox_adopt(now=timezone.now())
        gathered = outbox_gather(now=timezone.now())
        self.stdout.write(f"{gathered} gathered")
        if options["gather_only"]:
            return
        result = outbox_deliver(now=timezone.now(), limit=options["limit"])
        self.stdout.write(
            f"{result.delivered} delivered, {result.failed} failed, {result.dead} given up, "
            f"{result.postponed + result.released} left for later"
        )
