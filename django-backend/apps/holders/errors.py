"""What can go wrong with ticket holders."""

from apps.common.errors import DomainError


class NotATicketHolder(DomainError):
    """The account has no ticket holder, so there is nothing of one to change; staff accounts are like that."""

    code = "not_a_ticket_holder"
    status = 400
