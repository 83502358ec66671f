"""Where the local product pays, and what the docs say about it."""

import re
import shlex
from pathlib import Path

import pytest
from django.urls import resolve

from config.environment import PROJECT_DIR
from devtools.stand_ins import local_stripe
from sandbox.stripe.cards import CARDS

_KEY = "STRIPE_SECRET_KEY"


def test_the_local_stripe_has_the_keys_of_the_product(tmp_path: Path) -> None:
    """S4-37."""
    environment: dict[str, str] = {_KEY: ""}
    command = local_stripe(app_port=8000, state=tmp_path / "my state", environment=environment)
    assert command is not None
    words = shlex.split(command)
    options = dict(zip(words[3::2], words[4::2], strict=True))
    url = f"http://127.0.0.1:{options['--port']}"
    assert (environment["STRIPE_API_BASE"], environment["LOCAL_STRIPE_URL"]) == (url, f"{url}/")
    assert environment[_KEY] == options["--key"]
    assert environment[_KEY].startswith("sk_test_")
    assert environment["STRIPE_WEBHOOK_SECRETS"] == options["--webhook-secret"]
    assert options["--webhook-url"] == "http://127.0.0.1:8000/payment/webhook/"
    assert options["--database"] == str(tmp_path / "my state" / "stripe.sqlite3")


@pytest.mark.parametrize("key", ["sk_test_mine", "sk_live_mine"])
def test_a_key_of_the_developer_wins(tmp_path: Path, key: str) -> None:
    environment = {_KEY: key}
    assert local_stripe(app_port=8000, state=tmp_path, environment=environment) is None
    assert environment == {_KEY: key}


class TestDocs:
    page = (PROJECT_DIR / "docs/payments.md").read_text()

    def test_forward_events_to_the_webhook(self) -> None:
        """S4-26."""
        paths = re.findall(r"stripe listen --forward-to localhost:8000(\S+)", self.page)
        assert [resolve(path).url_name for path in paths] == ["stripe_webhook"]
        assert "(https://docs.stripe.com/stripe-cli/install)" in self.page
        assert "(https://docs.stripe.com/api/events/types)" in self.page

    def test_name_test_cards_that_the_local_stripe_knows(self) -> None:
        numbers = [number.replace(" ", "") for number in re.findall(r"^\| `([\d ]+)` \|", self.page, re.MULTILINE)]
        assert len(numbers) > 5
        assert set(numbers) <= CARDS.keys()

    def test_show_the_components_of_a_purchase(self) -> None:
        """S0-16."""
        (diagram,) = re.findall(r"## Components\n\n```mermaid\n(.*?)```", self.page, re.DOTALL)
        parts = ("browser", "/api/v1/checkout/", "Stripe's page", "/payment/webhook/", "inbox", "worker", "Customer")
        for part in parts:
            assert part in diagram
        assert resolve("/api/v1/checkout/")
        assert "](docs/payments.md#components)" in (PROJECT_DIR / "README.md").read_text()
