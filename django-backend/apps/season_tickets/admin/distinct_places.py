"""Staff name two places of a venue that read alike and are not the same."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from apps.common.admin_access import AddOnly
from apps.common.admin_base import SafeModelAdmin, admin_act
from apps.common.text import normalise_printed
from apps.season_tickets.models import DistinctPlace
from apps.season_tickets.rules.seat_keys import not_alike_reason
from apps.season_tickets.services.season_tickets import distinct_place_name

_PLACES = ("section", "row", "other_section", "other_row")


class DistinctPlaceForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's form takes no argument at run time
    """Two rows as they are printed, and how staff know of them."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data |= {name: normalise_printed(data[name]) for name in _PLACES if name in data}
        if data.keys() >= set(_PLACES) and (problem := not_alike_reason(*(data[name] for name in _PLACES))):
            self.add_error("other_row", problem)
        return data


@admin.register(DistinctPlace)
class DistinctPlaceAdmin(AddOnly, SafeModelAdmin):
    """Exceptions to the rule that verified seats never read alike: who named them, when and why. They are permanent."""

    empty_note = "Name two rows of a venue here if their names read alike and both exist."
    form = DistinctPlaceForm
    list_display = ("team", *_PLACES, "reason", "named_by", "created_at")
    list_select_related = ("team", "named_by")
    list_filter = (("team", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("team__folded", *_PLACES, "reason")
    autocomplete_fields = ("team",)

    def get_fields(self, request: HttpRequest, obj: DistinctPlace | None = None) -> tuple[str, ...]:
        asked = ("team", *_PLACES, "reason")
        return (*asked, "named_by", "created_at") if obj else asked

    def save_model(self, request: HttpRequest, obj: DistinctPlace, form: Any, change: bool) -> None:
        places = {**form.cleaned_data}
        obj.pk = distinct_place_name(act=admin_act(request, places.pop("reason")), **places).pk
