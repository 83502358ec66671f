"""Who may use the routes of holders."""

from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.holders.errors import BECOME_ONE
from apps.holders.selectors import ticket_holder_of


class IsTicketHolder(BasePermission):
    """Lets in users with a ticket holder: 403 for others, 401 for nobody; `request.user.ticket_holder` is loaded."""

    message = f"Only ticket holders may do this. {BECOME_ONE}"
    code = "not_a_ticket_holder"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return ticket_holder_of(request.user) is not None


class HolderWritesMixin(APIView):
    """All signed-in users read what is theirs; only ticket holders add to it."""

    def get_permissions(self) -> list[BasePermission]:
        """Reading needs an account; writing needs a ticket holder."""
        return [IsAuthenticated(), IsTicketHolder()] if self.request.method not in SAFE_METHODS else [IsAuthenticated()]
