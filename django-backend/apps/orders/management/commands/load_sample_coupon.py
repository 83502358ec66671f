"""`manage.py load_sample_coupon`: a coupon to try the shop with."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.orders.models import Coupon


class Command(BaseCommand):
    """Makes the coupon and says what it does."""

    help = "Make the coupon WELCOME10: 10 % off, for a year, paid for by the house. A second run changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        terms = {"percent_bps": 1_000, "valid_from": now, "valid_until": now + timedelta(days=365)}
        _, is_new = Coupon.objects.get_or_create(code="WELCOME10", defaults=terms)
        self.stdout.write(f"The coupon WELCOME10 {'takes 10 % off' if is_new else 'is there already'}.")
