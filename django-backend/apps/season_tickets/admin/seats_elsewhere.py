"""The page on which staff enter which seats a holder has at a game that is not at the home venue."""

from functools import partial
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.catalog.models import Event
from apps.common.form_fields import LineFormField, WholeNumberFormField, first_sentence, refusal
from apps.season_tickets.enums import SeatNumbering
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.selectors.season_tickets import games_elsewhere_of
from apps.season_tickets.serializers import MAX_SEAT_NUMBER, SeasonTicketInput

_BLOCK = ("numbering", "section", "row", "first_seat", "last_seat", "quantity")


class _GameField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django's field takes no argument at run time
    """A game, shown with its venue."""

    def label_from_instance(self, obj: Event) -> str:
        return f"{obj.label} · {obj.venue}"


_text = partial(LineFormField, required=False, widget=UnfoldAdminTextInputWidget)
_number = partial(
    WholeNumberFormField, min_value=1, max_value=MAX_SEAT_NUMBER, required=False, widget=UnfoldAdminIntegerFieldWidget
)


class SeatsElsewhereForm(forms.Form):
    """A game, and the seats there; blocks are checked as in the API."""

    event = _GameField(Event.objects.none(), label="Game", widget=UnfoldAdminSelectWidget)
    numbering = forms.ChoiceField(choices=SeatNumbering.choices, widget=UnfoldAdminSelectWidget)
    section = _text(max_length=30, help_text="As printed.")
    row = _text(max_length=30, help_text="As printed.")
    first_seat = _number()
    last_seat = _number()
    seats = _text(help_text="Of listed seats, with commas: A, B.")
    quantity = _number(help_text="Places, in general admission.")

    def __init__(self, *args: Any, season_ticket: SeasonTicket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.season_ticket = season_ticket
        self.fields["event"].queryset = games_elsewhere_of(  # type: ignore[attr-defined]  # of a choice of rows
            season_ticket=season_ticket, now=timezone.now()
        )
        self.fields["numbering"].initial = season_ticket.numbering

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        sent = {name: cleaned[name] for name in _BLOCK if cleaned.get(name) not in {None, ""}}
        if names := [name.strip() for name in cleaned.get("seats", "").split(",") if name.strip()]:
            sent["seats"] = names
        data = SeasonTicketInput(
            data={**sent, "team": str(self.season_ticket.team_id), "season": str(self.season_ticket.season_id)}
        )
        if self.errors or not data.is_valid():
            for name, problems in ({} if self.errors else data.errors).items():
                self.add_error(name if name in self.fields else None, refusal(first_sentence(problems)))
            return cleaned
        block = {name: value for name, value in data.validated_data.items() if name not in {"team", "season"}}
        return {**block, "event_id": cleaned["event"].id}
