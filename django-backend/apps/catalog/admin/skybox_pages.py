"""Pages of the SkyBox import: upload, preview, choice of who is at home, confirm, row report."""

from typing import Final, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.decorators import action
from unfold.widgets import RADIO_CLASSES

from apps.catalog.enums import EventImportStatus
from apps.catalog.errors import ReplacementsRefused
from apps.catalog.forms import SkyBoxUploadForm
from apps.catalog.models import EventImport
from apps.catalog.rules.skybox_replacements import parse_replacements
from apps.catalog.services.feed_missing import missing_shown
from apps.catalog.services.skybox_groups import report_groups
from apps.catalog.services.skybox_upload import (
    event_import_answer,
    event_import_apply,
    event_import_preview,
    event_import_report,
    preview_version,
)
from apps.common.admin_base import SafeModelAdmin
from apps.common.csv_downloads import csv_download
from apps.common.errors import DomainError
from apps.common.text import counted
from apps.users.models import User

SHOWN_ROWS: Final = 200
HOME: Final = "home-"  # prefix of the choices' names; the number of the question follows


class SkyBoxImportPages(SafeModelAdmin):
    """Adds the import to the list of events, for staff who may add and change events."""

    actions_list = ("import_from_skybox",)

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "": ("import", self.skybox_import),
            "confirm/": ("confirm", require_POST(self.skybox_confirm)),
            "homes/": ("homes", require_POST(self.skybox_homes)),
            "report.csv": ("report", self.skybox_report),
        }
        view, base = self.admin_site.admin_view, "import-skybox/<uuid:pk>/"
        own = [path(base + end, view(page), name=f"catalog_event_skybox_{name}") for end, (name, page) in pages.items()]
        return [*own, *super().get_urls()]

    def has_import_skybox_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_add_permission(request) and self.has_change_permission(request))

    @action(description="Import from SkyBox", url_path="import-skybox", permissions=["import_skybox"], icon="upload")
    def import_from_skybox(self, request: HttpRequest) -> HttpResponse:
        form = SkyBoxUploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            upload = form.cleaned_data.pop("file")
            try:
                event_import = event_import_preview(
                    uploaded_by=cast("User", request.user),
                    file=upload,
                    file_name=upload.name,
                    **form.cleaned_data,
                    now=timezone.now(),
                )
            except DomainError as refusal:
                attr = refusal.details[0].attr
                form.add_error(attr if attr in form.fields else "file", str(refusal))
            else:
                return redirect("admin:catalog_event_skybox_import", pk=event_import.pk)
        words = {
            "title": "Import from SkyBox",
            "heading": "Upload a SkyBox export",
            "button": "Preview",
            "icon": "preview",
        }
        return self.own_page(request, "catalog/event/skybox_upload.html", form=form, **words)

    def skybox_import(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Show the preview of an upload, or after its confirmation the result."""
        event_import = self._upload(request, pk)
        context = {
            "event_import": event_import,
            "is_applied": event_import.status == EventImportStatus.APPLIED,
            "preview": preview_version(event_import),
            "refusal": _refusal(event_import),
            "groups": report_groups(event_import=event_import, limit=SHOWN_ROWS),
            "radio": " ".join(RADIO_CLASSES),
            "missing": missing_shown(event_import=event_import),
            "may_decide": self.has_change_permission(request),
            "title": f"Import of {event_import}",
        }
        return self.own_page(request, "catalog/event/skybox_import.html", **context)

    def skybox_homes(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Remember who is at home where names do not say it, and preview the upload again."""
        self._upload(request, pk)
        homes = {name.removeprefix(HOME): sides for name, sides in request.POST.lists() if name.startswith(HOME)}
        try:
            event_import_answer(
                event_import_id=pk,
                preview=request.POST.get("preview", ""),
                homes=homes,
                chosen_by=cast("User", request.user),
                now=timezone.now(),
            )
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            games = counted(len(homes), "name")
            messages.success(request, f"The home team is remembered for {games}. The preview below is new.")
        return redirect("admin:catalog_event_skybox_import", pk=pk)

    def skybox_confirm(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        self._upload(request, pk)
        try:
            event_import_apply(event_import_id=pk, now=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return redirect("admin:catalog_event_skybox_import", pk=pk)

    def skybox_report(self, request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
        report = event_import_report(event_import=self._upload(request, pk))
        return csv_download([report.decode()], name=f"skybox-import-{pk}.csv")

    def _upload(self, request: HttpRequest, pk: UUID) -> EventImport:
        if not self.has_import_skybox_permission(request):
            raise PermissionDenied
        uploads = EventImport.objects.select_related("league", "uploaded_by").defer("payload")
        return get_object_or_404(uploads, pk=pk)


def _refusal(event_import: EventImport) -> str:
    """Return why an upload cannot be confirmed: its replacements may be from a release that knew other regexes."""
    try:
        parse_replacements(event_import.replacements)
    except ReplacementsRefused as refusal:
        return str(refusal)
    return ""
