"""Celery application: `celery -A config worker`, `celery -A config beat`; DJANGO_SETTINGS_MODULE must be set."""

from celery import Celery

app = Celery("season_tickets")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
