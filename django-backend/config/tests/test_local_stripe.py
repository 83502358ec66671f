"""Where the local product pays."""

import shlex
from pathlib import Path

import pytest

from devtools.stand_ins import local_stripe

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
