"""What is consigned."""

from django.apps import AppConfig


class ListingsConfig(AppConfig):
    """Listings, seats and holds."""

    name = "apps.listings"

    def ready(self) -> None:
        """Notify holders of decisions about what is theirs."""
        from apps.common.listeners import listen  # noqa: PLC0415 - models first
        from apps.listings.services.holder_notices import listings_moved_notify  # noqa: PLC0415
        from apps.listings.topics import ListingsMoved  # noqa: PLC0415

        listen(ListingsMoved, listings_moved_notify, to="holder")
