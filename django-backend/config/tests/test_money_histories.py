"""Random histories of orders: seats, coupon uses and cents agree with the books of the local Stripe."""

import os
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from pytest_django import Settings

from apps.common.listeners import LISTENERS
from apps.common.testing.local_stripe import KEY, SECRET
from config.tests.money_histories import MoneyHistory, World
from sandbox.serving import new_server, served

pytestmark = pytest.mark.django_db
# `MONEY_HISTORIES=10000 shell_scripts/run_tests.sh …` takes hours.
HISTORIES: Final = int(os.environ.get("MONEY_HISTORIES", "12"))
STEPS: Final = 24
# Mails, Slack and the CRM only follow all this; they change nothing of it.
_LISTEN: Final = ("payment.", "hold.", "event.")


def test_seats_coupons_and_cents_agree(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0)
    for name in [name for name in LISTENERS if not name.startswith(_LISTEN) or name == "payment.succeeded:customer"]:
        monkeypatch.delitem(LISTENERS, name)
    server = new_server(0)
    with served(server) as url:
        settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = url, KEY
        settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
        MoneyHistory.world = World(server, url)
        run_histories(HISTORIES)


def run_histories(count: int) -> None:
    phases = [Phase.explicit, Phase.generate, Phase.shrink]
    run_state_machine_as_test(
        MoneyHistory,
        settings=settings(
            max_examples=count, stateful_step_count=STEPS, deadline=None, phases=phases, database=None,
            suppress_health_check=list(HealthCheck), print_blob=False,
        ),
    )  # fmt: skip
