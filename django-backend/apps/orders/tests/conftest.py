"""Rows and clients that the tests of this app share."""

import pytest
from rest_framework.test import APIClient

from apps.common.testing.clients import api_of
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.users.testing.stories import superuser


@pytest.fixture
def listing(db: None) -> Listing:
    """Four seats on sale for $100 each."""
    return on_sale()


@pytest.fixture
def chief(db: None) -> APIClient:
    """The client of somebody who may do everything."""
    return api_of(superuser())
