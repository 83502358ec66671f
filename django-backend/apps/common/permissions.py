"""Who of the staff may use an address of the API."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class StaffPermission(BasePermission):
    """Staff who have the `read_permission` of the view.

    Requests that write need its `write_permission` besides, creating a row its `create_permission`, if it has one.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not (user.is_authenticated and user.is_staff and user.has_perm(view.read_permission)):
            return False
        create = getattr(view, "create_permission", "") if getattr(view, "action", None) == "create" else ""
        return request.method in SAFE_METHODS or user.has_perm(create or view.write_permission)
