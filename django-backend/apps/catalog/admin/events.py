"""Admin pages of leagues, seasons, venues, teams and events, and of imports of events."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html_join
from import_export.fields import Field
from unfold.decorators import action

from apps.catalog.admin.skybox_pages import SkyBoxImportPages
from apps.catalog.forms import VenueForm
from apps.catalog.models import Event, EventChange, EventImport, League, NameReading, Season, Team, Venue
from apps.catalog.services.event_labels import event_labels_keep
from apps.common.admin_access import ReadOnly, ReadOnlyInline
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_lists import RowFilter, column
from apps.common.admin_once import DecisionForm
from apps.common.exports import CsvExportMixin, SafeResource


@admin.register(League)
class LeagueAdmin(SafeModelAdmin):
    """Leagues and other series: a new kind of event starts here."""

    list_display = ("code", "name", "category")
    list_filter = ("category",)
    search_fields = ("folded",)


@admin.register(Season)
class SeasonAdmin(SafeModelAdmin):
    """Seasons of leagues."""

    list_display = ("name", "league")
    list_filter = ("league",)
    list_select_related = ("league",)
    search_fields = ("name", "league__folded")
    autocomplete_fields = ("league",)


@admin.register(Venue)
class VenueAdmin(SafeModelAdmin):
    """Venues; the zone determines the local times of events."""

    form = VenueForm
    list_display = ("name", "city", "state", "country", "timezone")
    list_filter = ("country", "timezone")
    search_fields = ("folded",)


@admin.register(Team)
class TeamAdmin(SafeModelAdmin):
    """Teams of leagues."""

    list_display = ("name", "abbreviation", "city", "league", "home_venue")
    list_filter = ("league",)
    list_select_related = ("league", "home_venue")
    search_fields = ("folded",)
    autocomplete_fields = ("league", "home_venue")


class EventResource(SafeResource):
    """One line an event; the start in UTC."""

    league = Field("season__league__code")
    season = Field("season__name")
    venue = Field("venue__name")
    home_team = Field("home_team__name")
    away_team = Field("away_team__name")

    class Meta:
        model = Event
        fields = (
            "id", "skybox_event_id", "league", "season", "name", "label", "home_team", "away_team", "venue",
            "starts_at", "time_tbd", "date_tbd", "status", "additional_info",
        )  # fmt: skip
        export_order = fields

    def filter_export(self, queryset: QuerySet[Event], **kwargs: Any) -> QuerySet[Event]:
        return queryset.select_related("season__league", "venue", "home_team", "away_team")


class EventChangeInline(ReadOnlyInline):
    """What happened to the event."""

    model = EventChange
    fields = ("at", "actor", "source", "from_status", "to_status", "start_before", "start_after", "note")
    readonly_fields = fields
    related = ("actor", "from_venue", "to_venue")
    start_before = column("Start before", lambda change: change.local_starts[0])
    start_after = column("Start after", lambda change: change.local_starts[1])

    def has_view_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """Who may look at the event may look at what happened to it."""
        return request.user.has_perm("catalog.view_event") or request.user.has_perm("catalog.change_event")


@admin.register(Event)
class EventAdmin(CsvExportMixin, SkyBoxImportPages):
    """Events; the status is read-only, because a postponement has consequences that a form does not."""

    list_display = ("label", "begins_at", "time_tbd", "venue", "season", "status")
    list_filter = ("season__league", ("season", RowFilter), "status")
    list_select_related = ("venue", "season__league")
    date_hierarchy = "starts_at"
    search_fields = ("folded", "skybox_event_id__exact")
    autocomplete_fields = ("season", "venue", "home_team", "away_team")
    fields = (
        "season", "name", "label", "away_team", "home_team", "venue", "starts_at", "time_tbd", "date_tbd",
        "additional_info", "status", "skybox_event_id", "stubhub_event_url",
    )  # fmt: skip
    readonly_fields = ("label", "status")
    inlines = (EventChangeInline,)
    action_form = DecisionForm
    resource_classes = (EventResource,)
    begins_at = column("Starts at (UTC)", lambda event: event.starts_at, by="starts_at")

    def formfield_for_dbfield(self, db_field: "models.Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """Assume https for an address without a scheme, as Django will from version 6."""
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        elif db_field.name == "starts_at":
            kwargs["help_text"] = "In UTC, not on the clock of the venue."
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        if change and "season" in form.changed_data:  # the new season may have an event of that label
            Event.objects.filter(pk=obj.pk).update(given_label="")
        super().save_model(request, obj, form, change)
        obj.label = event_labels_keep(season_id=obj.season_id).get(obj.id, obj.label)

    def changes_since(self, row: Event, since: datetime) -> Iterator[tuple[datetime, str]]:
        """What the admin has logged, and what the API, Slack and imports did."""
        yield from super().changes_since(row, since)
        for change in EventChange.objects.filter(event=row, at__gt=since).select_related("actor"):
            yield change.at, str(change.actor or change.get_source_display())


@admin.register(EventImport)
class EventImportAdmin(ReadOnly, SafeModelAdmin):
    """Uploaded imports, read-only: they are evidence of who imported what."""

    empty_note = "Uploads are made on the page of events, by Import from SkyBox."
    list_display = ("file_name", "league", "season_name", "status", "uploaded_by", "created_at", "applied_at")
    list_filter = ("status", "league")
    list_select_related = ("league", "uploaded_by")
    search_fields = ("file_name", "season_name", "payload_sha256")
    date_hierarchy = "created_at"
    actions_detail = ("rows",)
    fields = (
        "file_name", "sha_256", "league", "season_name", "create_teams", "replacements", "counts", "status",
        "uploaded_by", "created_at", "applied_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[EventImport]:
        """Leave the files in the database; no page shows them."""
        uploads: QuerySet[EventImport] = super().get_queryset(request)
        return uploads.defer("payload", "report")

    @admin.display(description="SHA-256 of the file")
    def sha_256(self, upload: EventImport) -> str:
        digest = upload.payload_sha256
        return format_html_join("", "{}<wbr>", ((digest[at : at + 8],) for at in range(0, len(digest), 8)))

    @action(
        description="Rows and decisions",
        url_path="rows",
        permissions=["catalog.add_event", "catalog.change_event"],
        icon="table_rows",
    )
    def rows(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Go to the preview of the upload, or after its confirmation to the result."""
        upload = self.get_object(request, str(object_id))
        if upload is None:
            raise Http404
        return redirect("admin:catalog_event_skybox_import", pk=upload.pk)


@admin.register(NameReading)
class NameReadingAdmin(SafeModelAdmin):
    """Who is at home where names do not say it. To revoke a choice, delete it: the next preview asks again."""

    empty_note = "Chosen in the preview of an import, where a name gives two teams and not who is at home."
    list_display = ("name", "venue_name", "home", "away", "league", "chosen_by", "created_at")
    list_filter = ("league",)
    list_select_related = ("league", "chosen_by")
    search_fields = ("name", "venue_name")
    fields = ("league", "name", "venue_name", "home", "away", "chosen_by", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They are chosen in a preview."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Another choice is another row, made by somebody who sees the game."""
        return False
