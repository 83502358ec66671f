"""Fixtures of payments."""

from collections.abc import Iterator

import pytest

from apps.common.listeners import LISTENERS
from apps.payments.services.payers import payer_of
from apps.payments.testing.stories import ana


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody but this app listens to payments: what others do is not asked for here."""
    for name in [name for name in LISTENERS if name.startswith("payment.") and name != "payment.succeeded:customer"]:
        monkeypatch.delitem(LISTENERS, name)


@pytest.fixture(autouse=True)
def _payer() -> Iterator[None]:
    """Ana pays for everything."""
    before = payer_of.function
    payer_of.fill(ana)
    yield
    payer_of.fill(before)
