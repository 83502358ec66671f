"""People who sign in."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Users, sign-up and the staff group."""

    name = "apps.users"
    verbose_name = "Users"
