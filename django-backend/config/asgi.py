"""ASGI entry point: `config.asgi:application`."""

import os

import django
from django.core.handlers.asgi import ASGIHandler

from config.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

django.setup(set_prefix=False)

from apps.common.request_characters import AsyncUtf8Request  # noqa: E402 - needs the settings

application = ASGIHandler()
application.request_class = AsyncUtf8Request
# As in wsgi: requests look tasks up by name.
celery_app.autodiscover_tasks(force=True)
