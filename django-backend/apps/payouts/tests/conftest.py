"""Rows that the tests of this app share."""

import pytest

from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale


@pytest.fixture
def listing(db: None) -> Listing:
    """Four seats on sale for $100 each."""
    return on_sale()
