"""Shapes of season tickets."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.enums import EVENTS, SEASONS, TEAMS
from apps.catalog.models import Season, Team
from apps.common.characters import is_latin
from apps.common.fields import IdField, MultilineField, RowField, ShortListField, WholeNumberField, WordField
from apps.common.serializers import StrictSerializer
from apps.common.text import normalise_printed
from apps.season_tickets.enums import SEASON_TICKETS, SeasonTicketStatus, SeatNumbering
from apps.season_tickets.models import MAX_SEATS_PER_BLOCK, SeasonTicket
from apps.season_tickets.rules.blocks import BETWEEN_SEATS

MAX_EVENTS: Final = 400
MAX_CONFIRMED_TWINS: Final = 100
MAX_SEAT_NUMBER: Final = 99_999
_GENERAL_ADMISSION: Final = "GA"
_NUMBER_OR_NULL: Final = {"type": ["integer", "null"], "minimum": 1, "description": "Null of listed seats."}
_REQUIRED: Final = "This field is required."


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "const": "all"},
            {"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 1, "maxItems": MAX_EVENTS},
        ]
    }
)
class AllOrIdsField(ShortListField):
    """A list of ids, or the word `all`, which becomes None."""

    child = IdField(look_up=EVENTS)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_EVENTS, min_length=1, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str) and data != "all":
            raise serializers.ValidationError('Write "all", or a list of event ids.', code="invalid_choice")
        return None if data == "all" else super().run_validation(data)


class PrintedField(serializers.CharField):
    """A section or row as printed; validated data has it in the form in which it is stored, which is measured."""

    default_error_messages = {"not_printed": "Write it with Latin letters, digits and common signs."}

    def to_internal_value(self, data: Any) -> str:
        """Return the stored form.

        It may be longer than what was sent, or nothing at all: ß is SS, and some characters are invisible.
        """
        text = normalise_printed(super().to_internal_value(data))
        if not text:
            self.fail("blank")
        if not is_latin(text):
            self.fail("not_printed")
        return text


class SeatNameField(PrintedField):
    """The name of a listed seat as printed, which a CSV file can hold beside others."""

    default_error_messages = {"separator": "The name of a seat has no comma, semicolon, bar or `to` in it."}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if BETWEEN_SEATS.search(text):
            self.fail("separator")
        return text


_place = partial(
    PrintedField,
    max_length=30,
    required=False,
    help_text="As printed on the ticket; in general admission `GA` by default.",
)
_number = partial(WholeNumberField, min_value=1, required=False)


class SeasonTicketInput(StrictSerializer[SeasonTicket]):
    """A block of neighbouring seats in one row: `first_seat` to `last_seat`, `seats` by name, or `quantity` places."""

    team = RowField(look_up=TEAMS, queryset=Team.objects.all())
    season = RowField(look_up=SEASONS, queryset=Season.objects.all())
    numbering = WordField(
        choices=SeatNumbering.choices,
        default=SeatNumbering.CONSECUTIVE,
        help_text="How neighbours are numbered: 1, 2, 3 or 1, 3, 5; as `seats` says; in general admission not at all.",
    )
    section = _place()
    row = _place()
    first_seat = _number(max_value=MAX_SEAT_NUMBER, help_text="Of numbered seats only.")
    last_seat = _number(max_value=MAX_SEAT_NUMBER, help_text="Of numbered seats only.")
    seats = ShortListField(
        child=SeatNameField(max_length=30),
        min_length=1,
        max_length=MAX_SEATS_PER_BLOCK,
        required=False,
        help_text="Of listed seats only: their names as printed, neighbours next to each other.",
    )
    quantity = _number(max_value=MAX_SEATS_PER_BLOCK, help_text="Places; in general admission only.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the block by its first and last seat; what the numbering needs and does not know is named."""
        if attrs["numbering"] == SeatNumbering.GENERAL_ADMISSION:
            numbers = ("first_seat", "last_seat", "seats")
            _check(attrs, needed=("quantity",), unknown=numbers, why="Places have no numbers.")
            places = {"first_seat": 1, "last_seat": attrs.pop("quantity")}
            return {"section": _GENERAL_ADMISSION, "row": _GENERAL_ADMISSION, **attrs, **places}
        why = "The seats say how many there are."
        if attrs["numbering"] == SeatNumbering.LISTED:
            numbers = ("first_seat", "last_seat", "quantity")
            _check(attrs, needed=("section", "row", "seats"), unknown=numbers, why=why)
            names = attrs.pop("seats")
            return {**attrs, "first_seat": 1, "last_seat": len(names), "listed_seats": names}
        _check(attrs, needed=("section", "row", "first_seat", "last_seat"), unknown=("quantity",), why=why)
        _check(attrs, needed=(), unknown=("seats",), why="Seats have names when the numbering is `listed`.")
        return attrs


def _check(attrs: Mapping[str, Any], *, needed: tuple[str, ...], unknown: tuple[str, ...], why: str) -> None:
    problems = {name: serializers.ErrorDetail(_REQUIRED, "required") for name in needed if name not in attrs}
    problems |= {name: serializers.ErrorDetail(why, "invalid") for name in unknown if name in attrs}
    if problems:
        raise serializers.ValidationError(problems)


class SeasonTicketOutput(serializers.Serializer[SeasonTicket]):
    """A registered block and what staff decided."""

    id = serializers.UUIDField()
    team = serializers.UUIDField(source="team_id")
    team_name = serializers.CharField(source="team.name")
    season = serializers.UUIDField(source="season_id")
    season_name = serializers.CharField(source="season.name")
    numbering = serializers.ChoiceField(choices=SeatNumbering.choices)
    section = serializers.CharField()
    row = serializers.CharField()
    first_seat = serializers.SerializerMethodField()
    last_seat = serializers.SerializerMethodField()
    quantity = serializers.SerializerMethodField()
    seats = serializers.ListField(child=serializers.CharField(), help_text="As they are named when listed.")
    elsewhere_of = serializers.UUIDField(
        source="elsewhere_of_id",
        allow_null=True,
        help_text="Null, or the season ticket whose seats these are at one home game that is not at the home venue.",
    )
    event = serializers.UUIDField(source="event_id", allow_null=True, help_text="That game.")
    status = serializers.ChoiceField(choices=SeasonTicketStatus.choices)
    rejection_reason = serializers.CharField(help_text="Empty unless the status is rejected.")
    end_reason = serializers.CharField(help_text="Empty unless the status is ended.")
    created_at = serializers.DateTimeField()

    @extend_schema_field(_NUMBER_OR_NULL)
    def get_first_seat(self, season_ticket: SeasonTicket) -> int | None:
        return None if season_ticket.listed_seats else season_ticket.first_seat

    @extend_schema_field(_NUMBER_OR_NULL)
    def get_last_seat(self, season_ticket: SeasonTicket) -> int | None:
        return None if season_ticket.listed_seats else season_ticket.last_seat

    @extend_schema_field({"type": "integer", "minimum": 1})
    def get_quantity(self, season_ticket: SeasonTicket) -> int:
        return len(season_ticket.seats)


class TwinOutput(serializers.Serializer[Any]):
    """Another season ticket that may be for the same seats."""

    season_ticket = serializers.UUIDField(source="season_ticket.id")
    holder_name = serializers.CharField(source="season_ticket.holder.user.get_full_name")
    section = serializers.CharField(source="season_ticket.section")
    row = serializers.CharField(source="season_ticket.row")
    seats = serializers.ListField(child=serializers.CharField(), help_text="Those of its seats that may be the same.")
    status = serializers.ChoiceField(source="season_ticket.status", choices=SeasonTicketStatus.choices)


class StaffSeasonTicketOutput(SeasonTicketOutput):
    """A registered block as staff see it, with whose it is and which others may be for the same seats."""

    holder = serializers.UUIDField(source="holder_id")
    holder_name = serializers.CharField(source="holder.user.get_full_name")
    holder_email = serializers.EmailField(source="holder.user.email")
    league = serializers.CharField(source="season.league.code")
    may_be_same_as = serializers.SerializerMethodField(
        help_text="Pending and verified season tickets whose seats read like some of these, however they are spelled."
    )

    @extend_schema_field(TwinOutput(many=True))
    def get_may_be_same_as(self, season_ticket: SeasonTicket) -> Any:
        """The twins, verified ones first; the view finds those of all rows at once."""
        return TwinOutput(self.context["twins"].get(season_ticket.id, []), many=True).data


class SeasonTicketVerifyInput(StrictSerializer[Any]):
    """Which other season tickets staff have compared."""

    confirmed_twins = ShortListField(
        child=IdField(look_up=SEASON_TICKETS),
        max_length=MAX_CONFIRMED_TWINS,
        required=False,
        default=(),
        help_text="Ids of `may_be_same_as` that you have compared with this one.",
    )


class SeasonTicketReasonInput(StrictSerializer[Any]):
    """Why a season ticket is rejected or ended; the holder reads it."""

    reason = MultilineField(max_length=300)


class WithholdingInput(StrictSerializer[Any]):
    """Which seats of which games."""

    events = AllOrIdsField(help_text='`"all"` for every home game to come, or a list of event ids.')
    seats = ShortListField(
        child=serializers.CharField(max_length=30),
        min_length=1,
        max_length=MAX_SEATS_PER_BLOCK,
        required=False,
        default=None,
        help_text="Left out: every seat of the block.",
    )


class WithheldGameOutput(serializers.Serializer[Any]):
    """What is withheld from one game."""

    event = serializers.UUIDField()
    seats = serializers.ListField(child=serializers.CharField())


class WithholdingOutput(serializers.Serializer[Any]):
    """What is withheld from the games of the request now; games without any are left out."""

    count = serializers.IntegerField(min_value=0, help_text="Seats, over all of the games.")
    withheld = WithheldGameOutput(many=True)
