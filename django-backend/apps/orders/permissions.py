"""Who may handle sales and change events."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class CanHandleSales(BasePermission):
    """Staff who may view sales read them; recording needs the add permission, everything else the change permission."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the user is staff and has the view permission and the one that the action needs."""
        user = request.user
        if not (user.is_authenticated and user.is_staff and user.has_perm("orders.view_sale")):
            return False
        if request.method in SAFE_METHODS:
            return True
        return user.has_perm("orders.add_sale" if view.action == "create" else "orders.change_sale")


class CanChangeEvents(BasePermission):
    """Staff with the permission to change events."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the user is staff and has the permission."""
        user = request.user
        return bool(user.is_authenticated and user.is_staff and user.has_perm("catalog.change_event"))
