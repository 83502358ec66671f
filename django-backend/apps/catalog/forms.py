"""Forms of the catalogue's admin pages."""

from typing import Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
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
from apps.common.form_fields import LineFormField

MAX_UPLOAD_MEGABYTES: Final = 20
MAX_REPLACEMENTS: Final = 20_000


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
        """Refuse replacements that could not be applied, naming the wrong one."""
        text: str = self.cleaned_data["replacements"]
        try:
            parse_replacements(text)
        except ReplacementsRefused as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from None
        return text
