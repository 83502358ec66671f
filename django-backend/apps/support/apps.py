"""What people write to us."""

from django.apps import AppConfig


class SupportConfig(AppConfig):
    """Contact form: stored, mailed to support, told in Slack."""

    name = "apps.support"
    verbose_name = "Support"
