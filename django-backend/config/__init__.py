"""Project configuration; the Celery application is made here so that tasks bind to it in every process."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
