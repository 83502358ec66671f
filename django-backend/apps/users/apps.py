"""People who sign in."""

from django.apps import AppConfig
from django.contrib import admin


class UsersConfig(AppConfig):
    """Users, sign-up and the staff group."""

    name = "apps.users"
    verbose_name = "Users"

    def ready(self) -> None:
        """Send the admin's visitors to the common login page, and describe the access token to the API schema.

        The admin's own form knows neither rate limits nor verified addresses nor second factors: left in place, it
        would be the way around all three. Superusers of `createsuperuser` have a verified address from the start; a
        colleague added in the admin verifies theirs by the mail that the first login sends.
        """
        from allauth.account.decorators import secure_admin_login  # noqa: PLC0415 - needs the loaded apps

        from apps.users import authentication  # noqa: F401, PLC0415 - registers AccessTokenScheme

        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
