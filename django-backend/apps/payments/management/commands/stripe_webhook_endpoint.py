"""Creates the endpoint at Stripe that sends us events, or corrects it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from apps.common.errors import DomainError
from apps.payments.enums import HANDLED_EVENTS
from apps.payments.gateways.webhooks import endpoint_ensure


class Command(BaseCommand):
    """Has Stripe send exactly the events that are handled, in the API version of the SDK."""

    help = "Creates or corrects the webhook endpoint at Stripe: it sends exactly the events that are handled."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", default=settings.SITE_URL, help="Where Stripe reaches us (default: SITE_URL).")

    def handle(self, *args: Any, **options: Any) -> None:
        url = f"{options['site'].rstrip('/')}{reverse('stripe_webhook')}"
        try:
            done, secret = endpoint_ensure(url=url, event_types=HANDLED_EVENTS.keys())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{url}: {done}.")
        if secret:
            self.stdout.write(f"Add this secret to STRIPE_WEBHOOK_SECRETS; Stripe shows it only once: {secret}")
