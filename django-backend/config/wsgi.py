"""WSGI entry point: `config.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from config.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = get_wsgi_application()
# Requests look tasks up by name. Imported by the first of many requests at once, the others would not find theirs.
celery_app.autodiscover_tasks(force=True)
