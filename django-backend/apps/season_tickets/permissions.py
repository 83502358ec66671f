"""Who may decide about season tickets."""

from apps.common.permissions import StaffPermission


class CanTriageSeasonTickets(StaffPermission):
    """Staff who may view season tickets read them; deciding needs the change permission."""

    read, write = "season_tickets.view_seasonticket", "season_tickets.change_seasonticket"
