"""People who sign in."""

from django.apps import AppConfig
from django.contrib import admin


class UsersConfig(AppConfig):
    """Users, sign-up and the staff group."""

    name = "apps.users"

    def ready(self) -> None:
        """Send the admin's visitors to the common login page.

        The admin's own form knows neither rate limits nor verified addresses nor second factors and would bypass all
        three. Superusers made by `createsuperuser` have a verified address from the start; a colleague added in the
        admin verifies theirs by the mail that the first login sends.
        """
        from allauth.account.decorators import secure_admin_login  # noqa: PLC0415 - needs the loaded apps
        from django.shortcuts import redirect  # noqa: PLC0415

        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
        # Its password page has no limits either: old passwords could be tried there endlessly, and nobody gets a mail.
        admin.site.password_change = lambda *_, **__: redirect("account_change_password")  # type: ignore[assignment,method-assign]
