"""`manage.py purge_outbox`: delete messages that were delivered before the retention; beat does it every night."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.notifications.services.account_mail import account_mails_forget
from apps.notifications.services.outbox import RETENTION, outbox_purge


class Command(BaseCommand):
    """Deletes delivered messages only; waiting and dead ones stay."""

    help = f"Delete messages of the outbox that were delivered more than {RETENTION.days} days ago."

    def handle(self, *args: Any, **options: Any) -> None:
        account_mails_forget(now=timezone.now())
        self.stdout.write(f"{outbox_purge(now=timezone.now())} deleted")
