"""Settings of an image build: collects the static files as production serves them, with no secret and no service."""

from config.settings.base import *  # noqa: F403
from config.settings.base import MANIFEST_STATIC_STORAGE, STORAGES

STORAGES["staticfiles"] = MANIFEST_STATIC_STORAGE
