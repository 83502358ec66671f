"""What is consigned."""

from django.apps import AppConfig


class ListingsConfig(AppConfig):
    """Season tickets, listings and seats."""

    name = "apps.listings"
    verbose_name = "Consignment"

    def ready(self) -> None:
        """Notify holders of decisions about what is theirs."""
        from apps.common.listeners import listen  # noqa: PLC0415 - models first
        from apps.listings.services import holder_notices  # noqa: PLC0415
        from apps.listings.topics import ListingsMoved, SeasonTicketDecision  # noqa: PLC0415

        listen(SeasonTicketDecision, holder_notices.season_ticket_decided_notify, to="holder")
        listen(ListingsMoved, holder_notices.listings_moved_notify, to="holder")
