"""Settings of production. Whatever could lose money or leak is checked here, before the first request."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403
from config.settings.base import ALLOWED_HOSTS, CACHES, DEBUG, MANIFEST_STATIC_STORAGE, SECRET_KEY, STORAGES

if DEBUG:
    raise ImproperlyConfigured("DJANGO_DEBUG must not be on in production: debug pages show secrets.")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("DJANGO_ALLOWED_HOSTS must not contain `*` in production: name the hosts.")
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("DJANGO_ALLOWED_HOSTS must name at least one host.")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or SECRET_KEY.startswith("django-insecure-"):
    raise ImproperlyConfigured("DJANGO_SECRET_KEY must be at least 50 random characters in production.")
if "redis" not in CACHES["default"]["BACKEND"].lower():
    raise ImproperlyConfigured(
        "DJANGO_CACHES (or REDIS_URL) must be a Redis address in production: rate limits and sessions are shared by processes."
    )

STORAGES["staticfiles"] = MANIFEST_STATIC_STORAGE
