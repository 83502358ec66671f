"""Links from a ticket holder to season tickets and listings."""

from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_extensions import extends
from apps.common.admin_links import list_action
from apps.holders.models import TicketHolder


@extends(TicketHolder)
class HolderListings(SafeModelAdmin):
    """Links to what the holder has consigned."""

    actions_detail = ("season_tickets", "listings")
    season_tickets = list_action("Season tickets", model="listings_seasonticket", by="holder__id__exact")
    listings = list_action("Listings", model="listings_listing", by="holder__id__exact")
