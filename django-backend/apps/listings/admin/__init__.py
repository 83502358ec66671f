"""Admin pages of listings."""

from apps.listings.admin import holds, listings

__all__ = ["holds", "listings"]
