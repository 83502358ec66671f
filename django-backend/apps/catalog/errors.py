"""Anticipated failures of the catalogue."""

from apps.common.errors import DomainError


class SkyBoxFileRefused(DomainError, code="skybox_file_refused", status=400):
    """The whole file is refused: nothing was imported."""


class ReplacementsRefused(DomainError, code="replacements_refused", status=400, attr="replacements"):
    """The replacements of an import are malformed, or one of their regexes cannot be used."""


class LeagueUnknown(DomainError, code="league_unknown", status=404):
    """There is no league of that code."""


class SeasonNameRefused(DomainError, code="season_name_refused", status=400):
    """A season cannot have that name."""


class EventImportAlreadyApplied(DomainError, code="event_import_already_applied"):
    """A previewed import was confirmed before; it is applied once."""


class EventImportPreviewStale(DomainError, code="event_import_preview_stale"):
    """The choice belongs to an outdated preview."""


class NameReadingRefused(DomainError, code="name_reading_refused", status=400):
    """A choice of who is at home cannot be kept."""


class CatalogueChangedMeanwhile(DomainError, code="catalogue_changed_meanwhile"):
    """Others changed what the import was about to change; import the file again."""


class FeedDecisionRefused(DomainError, code="feed_decision_refused"):
    """A difference between the feed and an event cannot be decided like this; the sentence says what is possible."""
