"""Staff upload listings of a holder as CSV: upload, preview, confirm."""

from dataclasses import replace
from typing import Final, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.decorators import action
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminFileFieldWidget

from apps.common.acts import Act, ChangeSource
from apps.common.admin_base import SafeModelAdmin, admin_act
from apps.common.admin_extensions import extends
from apps.common.admin_once import new_token, once
from apps.common.errors import DomainError
from apps.common.money import cents_to_text
from apps.common.text import counted
from apps.holders.models import TicketHolder
from apps.listing_files.rules.csv_table import MAX_CSV_BYTES
from apps.listing_files.services.kept_uploads import KeptUpload, csv_upload_forget, csv_upload_keep, csv_upload_kept
from apps.listing_files.services.upload import RowOutcome, listings_from_csv
from apps.listings.models import Listing
from apps.users.models import User

SHOWN_ROWS: Final = 200
ROW_COLUMNS: Final = ("line", "event", "seats", "price per seat", "payout", "problems")


class ListingCsvForm(forms.Form):
    """A file, and the holder whose seats it lists."""

    holder = forms.EmailField(label="E-mail address of the ticket holder", widget=UnfoldAdminEmailInputWidget())
    file = forms.FileField(
        label="CSV file",
        allow_empty_file=True,  # the preview says what is wrong with any file
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
        help_text="UTF-8; the first line names the columns. Needed: season_ticket, or team, season, section and row; "
        "event, or date; price. Optional: seats, floor, price_steps, split_rule and the other columns of a download.",
    )

    def clean_holder(self) -> TicketHolder:
        holder = TicketHolder.objects.filter(user__email__iexact=self.cleaned_data["holder"]).first()
        if holder is None:
            raise forms.ValidationError("No ticket holder has this address.", code="does_not_exist")
        return holder

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_CSV_BYTES:
            raise forms.ValidationError(f"The file is larger than {MAX_CSV_BYTES // 1_000_000} MB.", code="too_large")
        return file


@extends(Listing)
class ListingCsvPages(SafeModelAdmin):
    """Adds the upload to the list of listings, for staff who may add listings."""

    actions_list = ("upload_csv",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("upload-csv/<uuid:pk>/", view(self.csv_preview), name="listings_listing_csv_preview"),
            path(
                "upload-csv/<uuid:pk>/confirm/",
                view(require_POST(self.csv_confirm)),
                name="listings_listing_csv_confirm",
            ),
            *super().get_urls(),
        ]

    def has_upload_csv_permission(self, request: HttpRequest) -> bool:
        """Whether the user may list seats for holders; the form for a single listing stays closed."""
        return request.user.has_perm("listings.add_listing")

    @action(description="Upload listings CSV", url_path="upload-csv", permissions=["upload_csv"], icon="upload")
    def upload_csv(self, request: HttpRequest) -> HttpResponse:
        earlier = self._earlier(request)
        initial = {"holder": earlier.holder.user.email} if earlier else {}
        form = ListingCsvForm(request.POST or None, request.FILES or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            upload_id = csv_upload_keep(
                uploaded_by=cast("User", request.user),
                holder=form.cleaned_data["holder"],
                file_name=file.name,
                content=file.read(),
            )
            return redirect("admin:listings_listing_csv_preview", pk=upload_id)
        words = {"heading": "Upload listings of a ticket holder", "button": "Preview", "icon": "preview"}
        template = "listing_files/csv_upload.html"
        return self.own_page(request, template, form=form, title="Upload listings CSV", **words)

    def csv_preview(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Show what would become of each row; those with problems first."""
        upload = self._kept(request, pk)
        if upload is None:
            return self._gone(request)
        try:
            outcome = listings_from_csv(holder=upload.holder, content=upload.content, dry_run=True, act=_act(request))
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect(_again(pk))
        rows = sorted(outcome.rows, key=lambda row: not row.problems)
        context = {
            "upload": upload,
            "upload_id": pk,
            "again": _again(pk),
            "form_token": new_token(),
            "total": len(rows),
            "good": sum(not row.problems for row in rows),
            "error_count": outcome.error_count,
            "shown": min(len(rows), SHOWN_ROWS),
            "table": {"headers": ROW_COLUMNS, "rows": [_cells(row) for row in rows[:SHOWN_ROWS]]},
            "title": f"Listings of {upload.holder}",
        }
        return self.own_page(request, "listing_files/csv_preview.html", **context)

    def csv_confirm(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """List every row of a previewed file, or none."""
        upload = self._kept(request, pk)
        try:
            answer = once(request, lambda: self._list(request, upload) if upload else self._gone(request))
        except DomainError as refusal:
            messages.error(request, f"Nothing was listed. {refusal}")
            return redirect("admin:listings_listing_csv_preview", pk=pk)
        csv_upload_forget(uploaded_by=cast("User", request.user), upload_id=pk)
        return answer

    def _list(self, request: HttpRequest, upload: KeptUpload) -> HttpResponse:
        outcome = listings_from_csv(holder=upload.holder, content=upload.content, dry_run=False, act=_act(request))
        messages.success(request, f"{counted(len(outcome.rows), 'listing')} of {upload.holder} added as pending.")
        return redirect("admin:listings_listing_changelist")

    def _kept(self, request: HttpRequest, pk: UUID) -> KeptUpload | None:
        if not self.has_upload_csv_permission(request):
            raise PermissionDenied
        return csv_upload_kept(uploaded_by=cast("User", request.user), upload_id=pk)

    def _earlier(self, request: HttpRequest) -> KeptUpload | None:
        """Return the upload that another file is to replace; its id keeps the holder's address out of URLs."""
        try:
            return self._kept(request, UUID(request.GET.get("after", "")))
        except ValueError:
            return None

    def _gone(self, request: HttpRequest) -> HttpResponse:
        messages.error(request, "This upload is gone: it was listed or is older than an hour. Upload it again.")
        return redirect("admin:listings_listing_upload_csv")


def _again(upload_id: UUID) -> str:
    return f"{reverse('admin:listings_listing_upload_csv')}?after={upload_id}"


def _act(request: HttpRequest) -> Act:
    return replace(admin_act(request), source=ChangeSource.CSV)


def _cells(row: RowOutcome) -> list[str | int]:
    problems = " ".join(f"{problem.attr or 'row'}: {problem.detail}" for problem in row.problems)
    new, split = row.listing, row.split
    if new is None or split is None:
        return [row.line, row.event_label, "", "", "", problems]
    seats = f"section {new.block.section} row {new.block.row}: {', '.join(new.offer.positions)}"
    return [
        row.line,
        row.event_label,
        seats,
        cents_to_text(new.price.price_cents),
        cents_to_text(split.payout_cents),
        problems,
    ]
