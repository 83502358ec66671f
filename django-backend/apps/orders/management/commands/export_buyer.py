"""`manage.py export_buyer`: all that we hold of a buyer, as JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from apps.common.errors import DomainError
from apps.orders.services.buyer_erasure import buyer_data


class Command(BaseCommand):
    """Writes to the standard output and nowhere else."""

    help = "Write all that we hold of a buyer, as JSON: orders, seats, coupons, refunds, invoices, mails, the cart."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the buyer's e-mail address, in any case of its letters")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = buyer_data(email=options["email"])
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
