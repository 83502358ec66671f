"""Settings of a developer's machine: run_local.sh and `docker compose up` use them."""

from config.environment import PROJECT_DIR
from config.settings.base import *  # noqa: F403
from config.settings.base import ALLOWED_HOSTS, INSTALLED_APPS, REST_FRAMEWORK, SOURCE_URL
from config.source_address import source_address

INSTALLED_APPS += ["django_extensions"]  # runserver_plus, shell_plus
# In docker-compose.yml Prometheus asks the web container by its name.
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "django"]
SOURCE_URL = SOURCE_URL or source_address(PROJECT_DIR)
WHITENOISE_USE_FINDERS = True
# The browsable form of the API helps people; production answers JSON only.
REST_FRAMEWORK["DEFAULT_RENDERER_CLASSES"] = [
    "rest_framework.renderers.JSONRenderer",
    "rest_framework.renderers.BrowsableAPIRenderer",
]
