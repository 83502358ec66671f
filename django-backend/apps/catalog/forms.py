"""Forms of the catalogue's admin pages."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.html import format_html, format_html_join
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.catalog.errors import ReplacementsRefused
from apps.catalog.models import League
from apps.catalog.rules.skybox_replacements import parse_replacements
from apps.catalog.rules.starts import zone_changes
from apps.catalog.selectors import venue_events
from apps.common.form_fields import LineFormField
from apps.common.time import time_zone_names

CONFIRMED_ZONE: Final = "confirmed_timezone"
MAX_UPLOAD_MEGABYTES: Final = 20
MAX_REPLACEMENTS: Final = 20_000


class VenueForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A venue. Another zone changes the local times of its events: staff confirm them before it is saved."""

    def clean(self) -> dict[str, Any]:
        """Show the old and the new local start of every event concerned, and ask for a confirmation."""
        data = super().clean() or self.cleaned_data
        zone, old = data.get("timezone") or "", self.instance.timezone
        is_known = zone in time_zone_names()  # the model refuses other names later
        is_asked = is_known and "timezone" in self.changed_data and self.data.get(CONFIRMED_ZONE) != zone
        if is_asked and (lines := zone_changes(venue_events([self.instance.pk]), old=old, new=zone)):
            self.add_error("timezone", self._question(zone, lines))
        return data

    @staticmethod
    def _question(zone: str, lines: Sequence[str]) -> forms.ValidationError:
        box = format_html('<input type="checkbox" name="{}" value="{}">', CONFIRMED_ZONE, zone)
        return forms.ValidationError(
            format_html(
                "In {} these events begin at other local times; their starts in UTC stay. <ul>{}</ul>"
                "<label>{} Save the new zone</label>",
                zone,
                format_html_join("", "<li>{}</li>", ((line,) for line in lines)),
                box,
            ),
            code="unconfirmed",
        )


class SkyBoxUploadForm(forms.Form):
    """A SkyBox export and where its events go."""

    file = forms.FileField(
        label="SkyBox export",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".json,application/json"}),
        help_text="The JSON answer of SkyBox's event search, saved as a file; at most 20 MB.",
    )
    league = forms.ModelChoiceField(League.objects.all(), widget=UnfoldAdminSelectWidget())
    season_name = LineFormField(
        label="Season",
        max_length=50,
        widget=UnfoldAdminTextInputWidget(),
        help_text="As the league names it: 2025, 2025-26. A new season is created.",
    )
    create_teams = forms.BooleanField(
        label="Create teams that the league does not know",
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text="Off: rows with an unknown team are rejected, so that a spelling does not become a second team.",
    )
    replacements = forms.CharField(
        required=False,
        max_length=MAX_REPLACEMENTS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=r'JSON {"column": {"regex": "new text"}}, such as {"name": {"\\bSt Louis\\b": "St. Louis"}}.',
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse what is too large for one page request; the content is checked by the preview."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_UPLOAD_MEGABYTES * 1_000_000:
            raise forms.ValidationError(
                f"The file is larger than {MAX_UPLOAD_MEGABYTES} MB. Import it on the server:"
                " manage.py import_skybox_events FILE --league … --season …",
                code="too_large",
            )
        return file

    def clean_replacements(self) -> str:
        text: str = self.cleaned_data["replacements"]
        try:
            parse_replacements(text)
        except ReplacementsRefused as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from None
        return text
