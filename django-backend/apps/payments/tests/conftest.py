"""Fixtures of payments."""

from collections.abc import Iterator

import pytest

from apps.payments.services.payers import payer_of
from apps.payments.testing.stories import ana


@pytest.fixture(autouse=True)
def _payer() -> Iterator[None]:
    """Ana pays for everything."""
    before = payer_of.function
    payer_of.fill(ana)
    yield
    payer_of.fill(before)
