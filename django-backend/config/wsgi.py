"""WSGI entry point: `config.wsgi:application`."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler

from config.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

django.setup(set_prefix=False)

from apps.common.request_characters import Utf8Request  # noqa: E402 - needs the settings

application = WSGIHandler()
application.request_class = Utf8Request
# Requests look tasks up by name. Imported by the first of many requests at once, the others would not find theirs.
celery_app.autodiscover_tasks(force=True)
