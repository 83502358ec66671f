"""Who may do what on admin pages, where it is the same for many tables."""

from typing import Any

from django.contrib.auth import get_permission_codename
from django.http import HttpRequest
from unfold.admin import TabularInline


class AddOnly:
    """Rows that are added and then stay: nobody changes or deletes them by the forms of the admin.

    For pages and for inlines. List it before the base class of the library.
    """

    opts: Any

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Who may change the rows does so by actions."""
        return request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename('change', self.opts)}")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened stays as it was."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is deleted at all is deleted by its retention."""
        return False


class ReadOnly(AddOnly):
    """Rows that nobody adds by the forms of the admin either; services write them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows come from what happens."""
        return False


class ReadOnlyInline(ReadOnly, TabularInline):
    """Read-only rows on the page of what they belong to."""

    extra = 0
    related: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows with what `related` names."""
        rows = super().get_queryset(request)
        return rows.select_related(*self.related) if self.related else rows
