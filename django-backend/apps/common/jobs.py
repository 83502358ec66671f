"""Hands tasks to the broker once the transaction has committed.

The only place outside `tasks` that knows Celery.
"""

import logging
import time
from typing import Any, Final

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from kombu.pools import producers

logger = logging.getLogger(__name__)
# A request waits for this, so the broker is tried once and briefly. Celery's own connections try for six seconds.
ONE_TRY: Final = {"max_retries": 0, "socket_timeout": 1, "socket_connect_timeout": 1}
# How long a process leaves a failed broker alone: a request that sends several tasks waits once, and most requests do
# not wait. Beat's sweep finds what was not sent within five seconds.
REST_SECONDS: Final = 30
# Until when, by broker address.
_resting_until: dict[str, float] = {}


def enqueue_on_commit(task_name: str, **arguments: str | int) -> None:
    """Send a task to the broker after the commit of the running transaction, and not at all if it rolls back.

    The task must be one that a sweep of beat also runs: a broker that is down is logged and fails nothing.

    Raises:
        celery.exceptions.NotRegistered: there is no task of that name; at once, not when it would be sent.
    """
    if task_name not in current_app.tasks:
        current_app.autodiscover_tasks(force=True)  # a web process imports tasks when it first needs one
    task = current_app.tasks[task_name]
    transaction.on_commit(lambda: _send(task, arguments), robust=True)


def _send(task: Any, arguments: dict[str, str | int]) -> None:
    broker = str(current_app.conf.broker_url)
    if time.monotonic() < _resting_until.get(broker, 0.0):
        return
    options = {**current_app.conf.broker_transport_options, **ONE_TRY}
    connection = current_app.connection_for_write(transport_options=options)
    try:
        with producers[connection].acquire(block=True) as producer:
            task.apply_async(kwargs=arguments, producer=producer, retry=False)
    except OperationalError:
        _resting_until[broker] = time.monotonic() + REST_SECONDS
        logger.warning("The broker cannot be reached; %s and others wait for the sweep.", task.name)
