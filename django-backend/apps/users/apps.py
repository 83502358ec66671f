"""People who sign in."""

from collections.abc import Set
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.db.models.signals import post_delete, post_save


class UsersConfig(AppConfig):
    """Users, sign-up and the staff group."""

    name = "apps.users"

    def ready(self) -> None:
        """Let Redis follow the accounts, and send the admin's visitors to the common login page.

        The admin's own form knows neither rate limits nor verified addresses nor second factors and would bypass all
        three. Superusers made by `createsuperuser` have a verified address from the start; a colleague added in the
        admin verifies theirs by the mail that the first login sends.
        """
        from allauth.account.decorators import secure_admin_login  # noqa: PLC0415 - needs the loaded apps
        from django.shortcuts import redirect  # noqa: PLC0415

        for signal in (post_save, post_delete):
            signal.connect(_user_written, sender="users.User")
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
        # Its password page has no limits either: old passwords could be tried there endlessly, and nobody gets a mail.
        admin.site.password_change = lambda *_, **__: redirect("account_change_password")  # type: ignore[assignment,method-assign]


def _user_written(*, instance: Any, created: bool = False, update_fields: Set[str] | None = None, **_more: Any) -> None:
    from apps.users.services import user_written  # noqa: PLC0415 - needs the loaded apps

    if not created:
        user_written(user_id=instance.pk, update_fields=update_fields)
