"""Project configuration; the Celery application is made here so that tasks bind to it in every process."""

import gc

# A process makes hundreds of thousands of objects when it starts, and all of them stay. Python would look for garbage
# among them after each 700: that took a seventh of the start.
gc.set_threshold(20_000)

from config.celery import app as celery_app  # noqa: E402 - what it imports is most of the start

__all__ = ["celery_app"]
