"""Who may decide about listings and season tickets."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class CanTriageListings(BasePermission):
    """Staff who may view listings read them; deciding needs the change permission."""

    model = "listing"

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        if not (user.is_authenticated and user.is_staff and user.has_perm(f"listings.view_{self.model}")):
            return False
        return request.method in SAFE_METHODS or user.has_perm(f"listings.change_{self.model}")


class CanTriageSeasonTickets(CanTriageListings):
    """The same for season tickets."""

    model = "seasonticket"
