"""SkyBox exports and what is done with them, and events that begin, for tests; rows are good unless a test says not."""

import csv
import io
import json
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from apps.catalog.models import Event, EventImport, League
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.services.skybox_result import ImportResult
from apps.common.testing.downloads import downloaded

UPLOAD = "admin:catalog_event_import_from_skybox"
VENUE = {
    "id": 910069,
    "name": "Lincoln Financial Field",
    "city": "Philadelphia",
    "state": "PA",
    "country": "US",
    "timeZone": "America/New_York",
}


def skybox_venue(**changes: Any) -> dict[str, Any]:
    """Return a venue as a row of an export holds it."""
    return {**VENUE, **changes}


def skybox_row(**changes: Any) -> dict[str, Any]:
    """Return a row of an export: a game in Philadelphia on 4 September 2025 at 20:20 local time."""
    return {
        "id": 9000001,
        "name": "Dallas Cowboys at Philadelphia Eagles",
        "date": "2025-09-04T20:20:00",
        "venue": skybox_venue(),
        "stubhubEventUrl": "https://www.stubhub.com/event/159000001/",
        "disabled": False,
        **changes,
    }


def skybox_export(*rows: Any, **envelope: Any) -> io.BytesIO:
    """Return a file of rows with the envelope of SkyBox."""
    return io.BytesIO(json.dumps({"rows": rows, "rowCount": len(rows), "totals": None, **envelope}).encode())


def imported(*rows: Any, league: str = "NFL", season: str = "2025", **options: Any) -> ImportResult:
    """Import a file of these rows."""
    return skybox_events_import(file=skybox_export(*rows), league_code=league, season_name=season, **options)


def upload(page: Client, league: League, content: bytes, /, **changes: Any) -> HttpResponse:
    """Send a file in the admin; return the page that follows."""
    data = {
        "file": SimpleUploadedFile("export.json", content, content_type="application/json"),
        "league": str(league.pk),
        "season_name": "2025",
        "replacements": "",
        **changes,
    }
    return page.post(reverse(UPLOAD), data, follow=True)


def previewed(page: Client, league: League, *rows: Any, **changes: Any) -> EventImport:
    """Upload a file of these rows that the form takes."""
    response = upload(page, league, skybox_export(*rows).getvalue(), **changes)
    assert response.redirect_chain, response.context["form"].errors
    return response.context["event_import"]


def shown(page: Client, event_import: EventImport) -> HttpResponse:
    """Return the page of an upload."""
    return page.get(reverse("admin:catalog_event_skybox_import", args=[event_import.pk]))


def confirm(page: Client, event_import: EventImport) -> HttpResponse:
    """Import what was uploaded; return the page that follows."""
    return page.post(reverse("admin:catalog_event_skybox_confirm", args=[event_import.pk]), follow=True)


def report_of(page: Client, event_import: EventImport) -> list[dict[str, str]]:
    """Download the report of an upload."""
    response = page.get(reverse("admin:catalog_event_skybox_report", args=[event_import.pk]))
    assert response["Content-Disposition"] == f'attachment; filename="skybox-import-{event_import.pk}.csv"'
    return list(csv.DictReader(io.StringIO(downloaded(response))))


def begin(*events: Event, at: datetime) -> None:
    """Let events begin at `at`: time passes, so no service is asked."""
    Event.objects.filter(id__in=[event.id for event in events]).update(starts_at=at)
