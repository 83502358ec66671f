"""What is consigned."""

from django.apps import AppConfig


class ListingsConfig(AppConfig):
    """Listings, seats and holds."""

    name = "apps.listings"
    verbose_name = "Consignment"

    def ready(self) -> None:
        """Notify holders of decisions about what is theirs; refuse what season tickets in use must not do."""
        from apps.common.listeners import listen  # noqa: PLC0415 - models first
        from apps.listings.services import season_ticket_guards  # noqa: PLC0415
        from apps.listings.services.holder_notices import listings_moved_notify  # noqa: PLC0415
        from apps.listings.topics import ListingsMoved  # noqa: PLC0415
        from apps.season_tickets.api import unlisted_require, unused_require  # noqa: PLC0415

        listen(ListingsMoved, listings_moved_notify, to="holder")
        unused_require.fill(season_ticket_guards.unused_require)
        unlisted_require.fill(season_ticket_guards.unlisted_require)
