"""Who may see the statements of all holders."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class CanViewStatements(BasePermission):
    """Staff with the permission to view statements."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the user is staff and may view statements."""
        user = request.user
        return bool(user.is_authenticated and user.is_staff and user.has_perm("payouts.view_statement"))
