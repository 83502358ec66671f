"""`manage.py erase_old_buyers`: erase buyers after the retention; beat does it every night."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.common.text import counted
from apps.orders.services.buyer_erasure import old_buyers_erase


class Command(BaseCommand):
    """Orders that still need their buyer stay as they are; a second run changes nothing."""

    help = "Erase the buyers of orders whose last event was more than BUYER_RETENTION_DAYS ago."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Erased from {counted(old_buyers_erase(now=timezone.now()), 'order')}.")
