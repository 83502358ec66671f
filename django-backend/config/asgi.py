"""ASGI entry point: `config.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

from config.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = get_asgi_application()
# As in wsgi: requests look tasks up by name.
celery_app.autodiscover_tasks(force=True)
