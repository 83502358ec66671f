"""Admin pages of the catalogue; importing a module registers its pages."""

from apps.catalog.admin import events

__all__ = ["events"]
