"""Who may decide about listings and season tickets."""

from apps.common.permissions import StaffPermission


class CanTriageListings(StaffPermission):
    """Staff who may view listings read them; deciding needs the change permission."""

    read, write = "listings.view_listing", "listings.change_listing"


class CanTriageSeasonTickets(StaffPermission):
    """The same for season tickets."""

    read, write = "listings.view_seasonticket", "listings.change_seasonticket"
