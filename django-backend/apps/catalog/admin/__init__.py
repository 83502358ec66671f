"""Admin pages of the catalogue; importing a module registers its pages."""

from apps.catalog.admin import events, reference

__all__ = ["events", "reference"]
