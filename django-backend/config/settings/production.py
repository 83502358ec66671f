"""Settings of production. Whatever could lose money or leak is checked here, before the first request."""

from django.core.exceptions import ImproperlyConfigured

from config.senders import public_sender
from config.settings.base import *  # noqa: F403
from config.settings.base import (
    ALLOWED_HOSTS,
    CACHES,
    DEBUG,
    EMAIL_BACKEND,
    MANIFEST_STATIC_STORAGE,
    SECRET_KEY,
    STORAGES,
)
from config.settings.stage import env

# What Django's own check W009 asks for.
_MIN_KEY_LENGTH, _MIN_DIFFERENT = 50, 5

if DEBUG:
    raise ImproperlyConfigured("DJANGO_DEBUG must not be on in production: debug pages show secrets.")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("DJANGO_ALLOWED_HOSTS must not contain `*` in production: name the hosts.")
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("DJANGO_ALLOWED_HOSTS must name at least one host.")
if (
    len(SECRET_KEY) < _MIN_KEY_LENGTH
    or len(set(SECRET_KEY)) < _MIN_DIFFERENT
    or SECRET_KEY.startswith("django-insecure-")
):
    raise ImproperlyConfigured(f"DJANGO_SECRET_KEY must be at least {_MIN_KEY_LENGTH} random characters in production.")
if "redis" not in CACHES["default"]["BACKEND"].lower():
    raise ImproperlyConfigured(
        "DJANGO_CACHES (or REDIS_URL) must be a Redis address in production: processes share limits and the broker."
    )
if not EMAIL_BACKEND:
    raise ImproperlyConfigured(
        "Mail has no way out: set DJANGO_MAILGUN_API_KEY and DJANGO_MAILGUN_SERVER_NAME, or set EMAIL_URL."
    )

# `.example.com` answers example.com and what is below it.
_HOST = ALLOWED_HOSTS[0].removeprefix(".")
SITE_URL = env("SITE_URL") or f"https://{_HOST}"
DEFAULT_FROM_EMAIL = public_sender("DJANGO_DEFAULT_FROM_EMAIL", env("DJANGO_DEFAULT_FROM_EMAIL"), host=_HOST)
SERVER_EMAIL = public_sender("DJANGO_SERVER_EMAIL", env("DJANGO_SERVER_EMAIL"), host=_HOST)
STORAGES["staticfiles"] = MANIFEST_STATIC_STORAGE
