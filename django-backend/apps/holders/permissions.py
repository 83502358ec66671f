"""Who may use the routes of holders."""

from rest_framework.permissions import BasePermission
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
