"""Shapes of season tickets and listings."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.models import Event, Season, Team
from apps.common.fields import MoneyField
from apps.holders.serializers import SplitOutput
from apps.listings.enums import STAFF_MOVES, EventSource, ListingStatus, SeasonTicketStatus
from apps.listings.models import MAX_SEATS_PER_BLOCK, Listing, ListingEvent, SeasonTicket
from apps.listings.rules.blocks import seats_of_block
from apps.listings.rules.season_plan import SeasonWish

_MAX_SEAT_NUMBER = 99_999
MAX_EVENTS = 400


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "enum": ["all"]},
            {"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 1, "maxItems": MAX_EVENTS},
        ]
    }
)
class AllOrIdsField(serializers.ListField):
    """A list of ids, or the word `all`, which becomes None."""

    child = serializers.UUIDField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=1, max_length=MAX_EVENTS, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the ids, or None for `all`."""
        return None if data == "all" else super().run_validation(data)


class SeasonTicketInput(serializers.Serializer[SeasonTicket]):
    """A block of neighbouring seats: `first_seat` to `last_seat` in one row."""

    team = serializers.PrimaryKeyRelatedField(queryset=Team.objects.all())
    season = serializers.PrimaryKeyRelatedField(queryset=Season.objects.all())
    section = serializers.CharField(max_length=30, help_text="As printed on the ticket; `GA` when there is none.")
    row = serializers.CharField(max_length=30, help_text="As printed on the ticket.")
    first_seat = serializers.IntegerField(min_value=1, max_value=_MAX_SEAT_NUMBER)
    last_seat = serializers.IntegerField(min_value=1, max_value=_MAX_SEAT_NUMBER)


class SeasonTicketOutput(serializers.Serializer[SeasonTicket]):
    """A registered block and what staff decided."""

    id = serializers.UUIDField()
    team = serializers.UUIDField(source="team_id")
    team_name = serializers.CharField(source="team.name")
    season = serializers.UUIDField(source="season_id")
    season_name = serializers.CharField(source="season.name")
    section = serializers.CharField()
    row = serializers.CharField()
    first_seat = serializers.IntegerField()
    last_seat = serializers.IntegerField()
    seats = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=SeasonTicketStatus.choices)
    rejection_reason = serializers.CharField(help_text="Empty unless the status is rejected.")
    created_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_seats(self, season_ticket: SeasonTicket) -> list[str]:
        """The seats of the block as they are named when listed."""
        return seats_of_block(season_ticket.first_seat, season_ticket.last_seat)


class ListingInput(serializers.Serializer[Listing]):
    """Seats of a verified season ticket at one event, each at `price`."""

    season_ticket = serializers.UUIDField()
    event = serializers.PrimaryKeyRelatedField(queryset=Event.objects.all())
    seats = serializers.ListField(
        child=serializers.CharField(max_length=30), min_length=1, max_length=MAX_SEATS_PER_BLOCK
    )
    price = MoneyField(help_text="List price of one seat in US dollars, 0.01 to 1,000,000.00.")


class ListingOutput(serializers.Serializer[Listing]):
    """A listing; `split` tells for one seat what the house keeps and what the holder gets."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ListingStatus.choices)
    status_changed_at = serializers.DateTimeField()
    season_ticket = serializers.UUIDField(source="season_ticket_id")
    event = serializers.UUIDField(source="event_id")
    section = serializers.CharField(source="season_ticket.section")
    row = serializers.CharField(source="season_ticket.row")
    seats = serializers.ListField(child=serializers.CharField())
    price = MoneyField(source="price_cents")
    currency = serializers.CharField()
    split = SplitOutput(help_text="The split of one seat at the rate that applies today; a sale freezes its own.")
    created_at = serializers.DateTimeField()


class MoveInput(serializers.Serializer[Any]):
    """A word about why; declining and delisting need one."""

    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class BulkMoveInput(MoveInput):
    """One decision about many listings."""

    move = serializers.ChoiceField(choices=[(move.value, move.label) for move in STAFF_MOVES])
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=500)


class MoveResultOutput(serializers.Serializer[Any]):
    """What became of one listing: its new status, or why it stayed as it is."""

    id = serializers.UUIDField(source="listing_id")
    status = serializers.ChoiceField(choices=ListingStatus.choices, allow_null=True)
    refusal = serializers.CharField(allow_null=True)


class BulkMoveOutput(serializers.Serializer[Any]):
    """The results, in the order of the request."""

    results = MoveResultOutput(many=True)


class ListingEventOutput(serializers.Serializer[Any]):
    """One change of a listing; staff stay unnamed."""

    at = serializers.DateTimeField()
    by = serializers.SerializerMethodField()
    source = serializers.ChoiceField(choices=EventSource.choices)  # type: ignore[assignment]  # a field of that name
    from_status = serializers.CharField(help_text="Empty for the first one.")
    to_status = serializers.ChoiceField(choices=ListingStatus.choices)
    note = serializers.CharField()

    @extend_schema_field(serializers.ChoiceField(choices=["holder", "staff", "system"]))
    def get_by(self, change: ListingEvent) -> str:
        """Which side made the change."""
        if change.actor_id is None:
            return "system"
        return "holder" if change.actor_id == self.context["listing"].holder.user_id else "staff"


class SeasonPriceInput(serializers.Serializer[Any]):
    """What one seat costs: by default, and at single events."""

    default = MoneyField(required=False, help_text="For every event without a price of its own.")
    by_event = serializers.DictField(child=MoneyField(), required=False, help_text="Prices by event id.")

    def validate_by_event(self, prices: dict[str, int]) -> dict[UUID, int]:
        """Return cents by event id; a key that is no id is named."""
        problems = {key: ["This is not an event id."] for key in prices if not _is_uuid(key)}
        if problems:
            raise serializers.ValidationError(problems)
        return {UUID(key): cents for key, cents in prices.items()}


class SeasonListingInput(serializers.Serializer[Any]):
    """Which games of a season ticket, which seats, for how much."""

    events = AllOrIdsField(help_text='`"all"` for every open home game, or a list of event ids.')
    seats = serializers.ListField(
        child=serializers.CharField(max_length=30),
        min_length=1,
        max_length=MAX_SEATS_PER_BLOCK,
        required=False,
        help_text="Left out: every seat of the block.",
    )
    price = SeasonPriceInput()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add `except`, a name that Python keeps for itself."""
        ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MAX_EVENTS)
        ids.help_text = "Event ids to leave out."
        return {**super().get_fields(), "except": ids}

    def wish(self) -> SeasonWish:
        """Return the validated data as the service takes it."""
        data = self.validated_data
        return SeasonWish(
            events=data["events"],
            excluded=data.get("except", ()),
            default_price_cents=data["price"].get("default"),
            price_cents_by_event=data["price"].get("by_event", {}),
        )


class SeasonListingOutput(serializers.Serializer[Any]):
    """The listings that were made, in the order of the games."""

    count = serializers.IntegerField()
    listings = ListingOutput(many=True)


class PayoutPreviewQuery(serializers.Serializer[Any]):
    """The question: a list price; a team or an event for the team's rate, an event for the payable date."""

    price = MoneyField(help_text="List price of one seat, 0.01 to 1000000.00.")
    team = serializers.PrimaryKeyRelatedField(
        queryset=Team.objects.all(),
        pk_field=serializers.UUIDField(),
        required=False,
        help_text="Left out: the home team of the event.",
    )
    event = serializers.PrimaryKeyRelatedField(
        queryset=Event.objects.select_related("venue"),
        pk_field=serializers.UUIDField(),
        required=False,
        help_text="A home game of the team.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a team that is not at home: seats are listed for home games only."""
        team, event = attrs.get("team"), attrs.get("event")
        if team and event and event.home_team_id != team.id:
            raise serializers.ValidationError({"event": "The event is not a home game of the team."})
        return attrs


class PayoutStepOutput(serializers.Serializer[Any]):
    """One step of the calculation."""

    step = serializers.ChoiceField(choices=["base", "rate", "rounding", "commission", "payout", "payable_date"])
    value = serializers.CharField(
        allow_null=True, help_text="Amount, rate or date; `rounding` is the commission before rounding. Null: no date."
    )
    explanation = serializers.CharField()


class PayoutPreviewOutput(SplitOutput):
    """The answer: the price, its split and how it comes about."""

    price = MoneyField(source="price_cents", read_only=True)
    currency = serializers.CharField(read_only=True)
    rate_since = serializers.DateField(
        read_only=True, allow_null=True, help_text="First day of the agreement that gave the rate; null without one."
    )
    steps = PayoutStepOutput(many=True, read_only=True, help_text="In the order of the calculation.")
