"""What the tests of this app share."""

from collections.abc import Iterator

import pytest

from apps.notifications.testing import recorder
from apps.notifications.tests.listening import listening


@pytest.fixture
def recording() -> Iterator[None]:
    """Deliver messages of the topic `test`, and no others, to the recorder."""
    recorder.clear()
    with listening({"test": recorder.handle}):
        yield
    recorder.clear()
