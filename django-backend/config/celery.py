"""Celery application: `celery -A config worker`, `celery -A config beat`; DJANGO_SETTINGS_MODULE must be set."""

from celery import Celery

app = Celery("season_tickets")
# For every thread: gunicorn answers requests in other threads than the importing one, where no task would be known.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
