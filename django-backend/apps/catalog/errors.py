"""Anticipated failures of the catalogue."""

from apps.common.errors import DomainError


class SkyBoxFileRefused(DomainError):
    """The whole file is refused: nothing was imported."""

    code = "skybox_file_refused"
    status = 400


class ReplacementsRefused(DomainError):
    """The replacements of an import are malformed, or one of their regexes cannot be used."""

    code = "replacements_refused"
    status = 400

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, attr="replacements")


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


class EventImportPreviewStale(DomainError):
    """The choice belongs to an outdated preview."""

    code = "event_import_preview_stale"
    status = 409


class NameReadingRefused(DomainError):
    """A choice of who is at home cannot be kept."""

    code = "name_reading_refused"
    status = 400


class CatalogueChangedMeanwhile(DomainError):
    """Others changed what the import was about to change; import the file again."""

    code = "catalogue_changed_meanwhile"
    status = 409
