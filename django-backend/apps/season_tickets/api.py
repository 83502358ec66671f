"""What other apps may use of season tickets: blocks of seats, their home games, locks, decisions."""

from apps.season_tickets.errors import SeasonTicketNotFound, SeasonTicketNotVerified, SeasonTicketTwinsUnconfirmed
from apps.season_tickets.locks import home_games_shared, season_ticket_locked, season_tickets_of_holder_locked
from apps.season_tickets.messages import place_text
from apps.season_tickets.rules.blocks import SeatBlock, seat_problems
from apps.season_tickets.rules.home_games import HomeGame
from apps.season_tickets.selectors.season_tickets import season_tickets_visible_to
from apps.season_tickets.selectors.twins import twins_of
from apps.season_tickets.serializers import MAX_EVENTS, AllOrIdsField
from apps.season_tickets.services.decisions import (
    aggregate_key,
    season_ticket_reject,
    season_ticket_verify,
    unused_require,
)
from apps.season_tickets.services.season_tickets import listable_season_ticket, require_verified
from apps.season_tickets.services.withheld_seats import unlisted_require, withheld_seats_move
from apps.season_tickets.topics import SeasonTicketDecision, SeasonTicketRegistered

__all__ = [
    "MAX_EVENTS", "AllOrIdsField", "HomeGame", "SeasonTicketDecision", "SeasonTicketNotFound",
    "SeasonTicketNotVerified", "SeasonTicketRegistered", "SeasonTicketTwinsUnconfirmed", "SeatBlock",
    "aggregate_key", "home_games_shared", "listable_season_ticket", "place_text", "require_verified",
    "season_ticket_locked", "season_ticket_reject", "season_ticket_verify", "season_tickets_of_holder_locked",
    "season_tickets_visible_to", "seat_problems", "twins_of", "unlisted_require", "unused_require",
    "withheld_seats_move",
]  # fmt: skip
