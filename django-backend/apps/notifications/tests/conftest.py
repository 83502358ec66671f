"""What the tests of this app share."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from apps.notifications.testing import recorder


@pytest.fixture
def recording(settings: Settings) -> Iterator[None]:
    """Deliver messages of the topic `test`, and no others, to the recorder."""
    settings.OUTBOX_HANDLERS = {"test": "apps.notifications.testing.recorder.handle"}
    recorder.clear()
    yield
    recorder.clear()
