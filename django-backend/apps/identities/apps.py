"""Random test identities."""

from django.apps import AppConfig


class IdentitiesConfig(AppConfig):
    """People who do not exist, for tests of other systems; guarded by a token, no tables."""

    name = "apps.identities"
    verbose_name = "Identities"
