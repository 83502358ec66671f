"""Who may do what on admin pages, where it is the same for many tables."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Read-only rows: nobody adds, changes or deletes them by the forms of the admin; services write them.

    For pages and for inlines. List it before the base class of the library.
    """

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows come from what happens."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened stays as it was."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is deleted at all is deleted by its retention."""
        return False
