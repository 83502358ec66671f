"""Admin pages of users."""

from typing import Any

from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.forms import UserChangeForm

from apps.common.admin_base import SafeModelAdmin
from apps.users.forms import PasswordSetForm, UserAddForm
from apps.users.models import User

ROLE_FIELDS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(User)
class UserAdmin(DjangoUserAdmin, SafeModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Accounts. Only superusers assign roles and change accounts that have one.

    The e-mail address of an existing account is read-only here: people change it themselves and verify the new one.
    """

    form = UserChangeForm
    add_form = UserAddForm
    change_password_form = PasswordSetForm

    list_display = ("email", "first_name", "last_name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    search_fields = ("folded",)
    ordering = ("-date_joined",)
    readonly_fields = ("date_joined", "last_login")
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("email", "password", "first_name", "last_name", "is_active")}),
        ("Roles", {"fields": ROLE_FIELDS}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "first_name", "last_name", "usable_password", "password1", "password2")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = (*self.readonly_fields, *(("email",) if obj else ()))
        return fields if request.user.is_superuser else (*fields, *ROLE_FIELDS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let only superusers change accounts with a role: setting its password would be a way to take it over."""
        if obj and (obj.is_staff or obj.is_superuser) and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes accounts: history refers to them. They are switched off."""
        return False


admin.site.unregister((Authenticator, EmailAddress, Group))


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, SafeModelAdmin):
    """Groups, in the style of the other pages."""


@admin.register(EmailAddress)
class EmailAddressAdmin(AllauthEmailAddressAdmin, SafeModelAdmin):
    """Addresses of accounts and whether they were verified, in the style of the other pages."""

    list_select_related = ("user",)


@admin.register(Authenticator)
class AuthenticatorAdmin(SafeModelAdmin):
    """Second factors, without their secrets. Delete those of a person who lost theirs and has proved their identity."""

    empty_note = "People set up their second factor themselves, at /accounts/2fa/."
    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__folded",)
    fields = ("user", "type", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only their owner sets them up: otherwise somebody else would know the secret."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        """Only superusers, as with roles: without a second factor a password is enough."""
        return bool(request.user.is_superuser)
