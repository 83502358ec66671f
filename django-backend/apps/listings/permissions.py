"""Who may decide about listings."""

from apps.common.permissions import StaffPermission


class CanTriageListings(StaffPermission):
    """Staff who may view listings read them; deciding needs the change permission."""

    read, write = "listings.view_listing", "listings.change_listing"
