"""Anticipated failures of the catalogue."""

from apps.common.errors import DomainError


class SkyBoxFileRefused(DomainError):
    """A file is refused whole: nothing of it was imported."""

    code = "skybox_file_refused"
    status = 400


class ReplacementsRefused(DomainError):
    """The replacements of an import are of the wrong form, or a regex of theirs cannot be used."""

    code = "replacements_refused"
    status = 400


class LeagueUnknown(DomainError):
    """There is no league of that code."""

    code = "league_unknown"
    status = 404


class SeasonNameRefused(DomainError):
    """A season cannot have that name."""

    code = "season_name_refused"
    status = 400


class EventImportAlreadyApplied(DomainError):
    """A previewed import was confirmed before; it is applied once."""

    code = "event_import_already_applied"
    status = 409


class CatalogueChangedMeanwhile(DomainError):
    """Somebody else created the same team, venue or season while an import was running; trying again helps."""

    code = "catalogue_changed_meanwhile"
    status = 409
