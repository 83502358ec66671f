"""`manage.py erase_buyer`: name and addresses of a buyer are erased from all orders."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.common.errors import DomainError
from apps.common.text import counted
from apps.orders.services.buyer_erasure import buyer_erase


class Command(BaseCommand):
    """Erases what is ours, and says what is left to do elsewhere."""

    help = (
        "Erase a buyer from all orders, and delete the cart. Refused while an order is open, disputed or undelivered. "
        "Amounts, seats and the names on invoices stay; docs/security.md says why."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the buyer's e-mail address, in any case of its letters")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            erased = buyer_erase(email=options["email"], now=timezone.now())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
        numbers = f": {', '.join(erased.numbers)}" if erased.numbers else ""
        carts = counted(erased.carts, "cart")
        self.stdout.write(f"Erased from {counted(len(erased.numbers), 'order')}{numbers}. {carts} deleted.")
        if erased.customers_at_stripe:
            found = ", ".join(erased.customers_at_stripe)
            self.stdout.write(f"Left to do: delete these customers in Stripe's dashboard: {found}.")
        if erased.numbers and settings.HUBSPOT_ACCESS_TOKEN:
            self.stdout.write("Left to do: delete the contact with this address in HubSpot for good.")
