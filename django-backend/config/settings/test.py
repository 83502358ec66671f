"""Settings of the test suite: the local defaults without debug pages, mail kept in memory, a cheap password hash."""

import os

from config.settings.base import *  # noqa: F403
from config.settings.base import CACHES, DATABASES

DEBUG = False
# Nothing secret: a fixed key of full length keeps tests independent of .env.dev.
SECRET_KEY = "only-for-tests-" + "0123456789abcdef" * 3
HEALTH_CHECK_TOKEN = None
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Tests of the limits set their own.
API_THROTTLES = {"anon": None, "user": None}
COUPON_THROTTLES = {"anon": None, "user": None}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The servers of the suite bring a migrated database: each parallel worker begins with a copy of it.
DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ.get("MIGRATED_DATABASE")}

# One Redis database for each parallel worker, as with PostgreSQL: clearing one spares the others.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
CELERY_BROKER_URL = f"{CACHES['default']['LOCATION'].rpartition('/')[0]}/{_WORKER}"
for _cache in CACHES.values():
    _cache["LOCATION"] = CELERY_BROKER_URL
