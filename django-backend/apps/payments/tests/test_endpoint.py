"""What Stripe is asked to send, and what the environment may say about Stripe."""

from io import StringIO

import pytest
import stripe
from django.core.management import CommandError, call_command
from pytest_django import Settings

from apps.common.redaction import HIDDEN, redacted
from apps.common.testing.local_stripe import LocalStripe
from apps.payments.enums import HANDLED_EVENTS


def run(site: str) -> str:
    out = StringIO()
    call_command("stripe_webhook_endpoint", site=site, stdout=out)
    return out.getvalue()


def test_the_command_subscribes_to_what_is_handled(local_stripe: LocalStripe) -> None:
    """The secret is shown once; what somebody changed in the dashboard is corrected."""
    endpoints = local_stripe.client.v1.webhook_endpoints
    url = "https://tickets.example.com/payment/webhook/"
    assert f"{url}: created." in (said := run("https://tickets.example.com/"))
    assert "whsec_" in said
    (found,) = [one for one in endpoints.list().data if one.url == url]
    try:
        assert sorted(found.enabled_events) == sorted(HANDLED_EVENTS)
        assert found.api_version == stripe.api_version
        assert run("https://tickets.example.com") == f"{url}: unchanged.\n"
        endpoints.update(found.id, {"enabled_events": ["charge.succeeded"]})
        assert run("https://tickets.example.com") == f"{url}: updated.\n"
        assert sorted(endpoints.retrieve(found.id).enabled_events) == sorted(HANDLED_EVENTS)
    finally:
        endpoints.delete(found.id)


def test_the_command_says_what_is_missing(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(CommandError, match="no Stripe key"):
        run("https://tickets.example.com")


@pytest.mark.parametrize("secret", ["sk_live_51Habcdef", "rk_test_abcdef123", "whsec_abcdef123"])
def test_secrets_are_hidden_in_logs(secret: str) -> None:
    assert redacted(f"it was {secret}.") == f"it was {HIDDEN}."
