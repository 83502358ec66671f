"""Who of the staff may use an address of the API."""

from typing import Any, ClassVar

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class StaffPermission(BasePermission):
    """Staff who have the permission `read`; requests that write need `write` besides, creating a row `create`."""

    read: ClassVar[str]
    write: ClassVar[str]
    create: ClassVar[str] = ""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not (user.is_authenticated and user.is_staff and user.has_perm(self.read)):
            return False
        creates = self.create and getattr(view, "action", None) == "create"
        return request.method in SAFE_METHODS or user.has_perm(self.create if creates else self.write)
