"""What staff see and decide in Slack."""

from django.apps import AppConfig


class TriageConfig(AppConfig):
    """Decisions of staff in Slack."""

    name = "apps.triage"

    def ready(self) -> None:
        """Show staff what happens in the apps below."""
        from apps.catalog.api import FeedDiffers  # noqa: PLC0415 - models first
        from apps.common.listeners import gather, listen  # noqa: PLC0415
        from apps.listings.api import (  # noqa: PLC0415
            DelistingRequested,
            ListingsChanged,
            ListingsCreated,
            ListingsMoved,
            ListingsRelisted,
        )
        from apps.notifications.api import MessageDead  # noqa: PLC0415
        from apps.orders.api import EventChanged, EventRefundsEnded, OrderRaised, SaleRecorded, SaleVoided  # noqa: PLC0415
        from apps.season_tickets.api import SeasonTicketDecision, SeasonTicketRegistered  # noqa: PLC0415
        from apps.triage.services import gathering, news, orders  # noqa: PLC0415
        from apps.triage.topics import TriageShown  # noqa: PLC0415

        listen(SeasonTicketRegistered, news.season_ticket_registered_show, to="triage")
        listen(SeasonTicketDecision, news.season_ticket_decided_show, to="triage")
        for moves in (ListingsMoved, ListingsChanged):
            listen(moves, news.listings_moved_show, to="triage")
        listen(TriageShown, news.triage_shown_check)
        listen(FeedDiffers, news.feed_differs_show, to="triage")
        listen(EventChanged, news.event_changed_show, to="triage")
        listen(OrderRaised, orders.order_raised_show, to="triage")
        listen(EventRefundsEnded, orders.event_refunds_show, to="triage")
        for listed in (ListingsCreated, ListingsRelisted, DelistingRequested):
            gather(listed, gathering.listings_gather, to="triage")
        for sold in (SaleRecorded, SaleVoided):
            gather(sold, gathering.sales_gather, to="triage")
        gather(MessageDead, gathering.dead_gather, to="triage")
