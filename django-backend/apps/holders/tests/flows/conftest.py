"""What the flows share: a worker inside the process, so that mails are there when the request is answered."""

from collections.abc import Iterator

import pytest
from celery import current_app


@pytest.fixture(autouse=True)
def _worker_in_the_process() -> Iterator[None]:
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = before
