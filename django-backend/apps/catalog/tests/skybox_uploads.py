"""Uploads of SkyBox exports in the admin, as a browser makes them."""

import csv
import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from apps.catalog.models import EventImport, League
from apps.catalog.tests.skybox_exports import skybox_export
from apps.common.tests.downloads import downloaded

UPLOAD = "admin:catalog_event_import_from_skybox"


def upload(page: Client, league: League, content: bytes, /, **changes: Any) -> HttpResponse:
    data = {
        "file": SimpleUploadedFile("export.json", content, content_type="application/json"),
        "league": str(league.pk),
        "season_name": "2025",
        "replacements": "",
        **changes,
    }
    return page.post(reverse(UPLOAD), data, follow=True)


def previewed(page: Client, league: League, *rows: Any, **changes: Any) -> EventImport:
    response = upload(page, league, skybox_export(*rows).getvalue(), **changes)
    assert response.redirect_chain, response.context["form"].errors
    return response.context["event_import"]


def shown(page: Client, event_import: EventImport) -> HttpResponse:
    return page.get(reverse("admin:catalog_event_skybox_import", args=[event_import.pk]))


def confirm(page: Client, event_import: EventImport) -> HttpResponse:
    return page.post(reverse("admin:catalog_event_skybox_confirm", args=[event_import.pk]), follow=True)


def report_of(page: Client, event_import: EventImport) -> list[dict[str, str]]:
    response = page.get(reverse("admin:catalog_event_skybox_report", args=[event_import.pk]))
    assert response["Content-Disposition"] == f'attachment; filename="skybox-import-{event_import.pk}.csv"'
    return list(csv.DictReader(io.StringIO(downloaded(response))))
