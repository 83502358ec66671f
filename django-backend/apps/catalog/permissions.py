"""Who may change events."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class CanChangeEvents(BasePermission):
    """Staff with the permission to change events."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the user is staff and has the permission."""
        user = request.user
        return bool(user.is_authenticated and user.is_staff and user.has_perm("catalog.change_event"))
