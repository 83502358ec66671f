"""The database's own rule that seats are listed at home games of their block, from both sides."""

from typing import Final

import pgtrigger

from apps.catalog.models import Event

HOME_GAME: Final = "listing_is_home_game"
HOME_GAME_STAYS: Final = "event_with_listings_stays_home_game"

# Errors as those of a constraint. The race: the event gets another home team between the look and the commit. The share
# of its lock, which whoever lists by a service has already, lets one of the two wait and see the other.
_REQUIRE_HOME_GAME: Final = f"""
PERFORM FROM catalog_event AS event JOIN listings_seasonticket AS block ON block.id = NEW.season_ticket_id
WHERE event.id = NEW.event_id AND event.home_team_id = block.team_id AND event.season_id = block.season_id
    AND (block.event_id IS NULL OR block.event_id = event.id)
FOR SHARE OF event;
IF NOT FOUND THEN
    RAISE EXCEPTION 'A listing is for a home game of its season ticket''s team and season.'
        USING ERRCODE = 'check_violation', CONSTRAINT = '{HOME_GAME}';
END IF;
RETURN NEW;
"""
_KEEP_HOME_GAME: Final = f"""
IF EXISTS (SELECT FROM listings_listing WHERE event_id = NEW.id) THEN
    RAISE EXCEPTION 'An event with listings keeps its home team and season.'
        USING ERRCODE = 'check_violation', CONSTRAINT = '{HOME_GAME_STAYS}';
END IF;
RETURN NEW;
"""

LISTING_IS_HOME_GAME: Final = pgtrigger.Trigger(
    name="is_home_game",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("event_id", "season_ticket_id"),  # type: ignore[no-untyped-call]
    func=_REQUIRE_HOME_GAME,
)


class ListedEvent(Event):
    """An event as listings need it: with the first listing, of whatever status, its home team and season are fixed.

    Sales, statements and the history of a listing tell the game by its event for good, and a listing that is closed can
    be relisted.
    """

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            pgtrigger.Trigger(
                name="stays_home_game",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("home_team_id", "season_id"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.AnyChange("home_team", "season"),
                func=_KEEP_HOME_GAME,
            )
        ]
