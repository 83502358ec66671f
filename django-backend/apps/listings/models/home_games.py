"""The database's rule that seats are listed at home games of their block only, enforced from both sides."""

from typing import Final

import pgtrigger

from apps.catalog.models import Event

HOME_GAME: Final = "listing_is_home_game"
HOME_GAME_STAYS: Final = "event_with_listings_stays_home_game"

# A block of seats elsewhere is for one game. Errors as those of a constraint. The race: the event gets another home
# team between the look and the commit. The share of its lock, which services that list seats have already, makes one
# of the two wait and see the other.
_REQUIRE_HOME_GAMES: Final = f"""
PERFORM FROM catalog_event WHERE id IN (SELECT event_id FROM {{rows}}) ORDER BY id FOR SHARE;
IF EXISTS (
    SELECT FROM {{rows}} JOIN listings_seasonticket AS block ON block.id = listing.season_ticket_id
    JOIN catalog_event AS event ON event.id = listing.event_id
    WHERE (event.home_team_id, event.season_id) IS DISTINCT FROM (block.team_id, block.season_id)
        OR block.event_id <> event.id
) THEN
    RAISE EXCEPTION 'A listing is for a home game of its season ticket''s team and season.'
        USING ERRCODE = 'check_violation', CONSTRAINT = '{HOME_GAME}';
END IF;
RETURN NULL;
"""  # noqa: S608 - our own words
_KEEP_HOME_GAME: Final = f"""
IF EXISTS (SELECT FROM listings_listing WHERE event_id = NEW.id) THEN
    RAISE EXCEPTION 'An event with listings keeps its home team and season.'
        USING ERRCODE = 'check_violation', CONSTRAINT = '{HOME_GAME_STAYS}';
END IF;
RETURN NULL;
"""

# Once for all rows of an insert; updates, which keep the game but for a successor, are asked row by row.
LISTING_IS_HOME_GAME: Final = (
    pgtrigger.Trigger(
        name="is_home_game",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_listings"),  # type: ignore[no-untyped-call]
        func=_REQUIRE_HOME_GAMES.format(rows="new_listings AS listing"),
    ),
    pgtrigger.Trigger(
        name="stays_home_game",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("event_id", "season_ticket_id"),  # type: ignore[no-untyped-call]
        condition=pgtrigger.AnyChange("event", "season_ticket"),
        func=_REQUIRE_HOME_GAMES.format(rows="(SELECT NEW.event_id, NEW.season_ticket_id) AS listing"),
    ),
)


class ListedEvent(Event):
    """An event as listings need it: with the first listing, of whatever status, its home team and season are fixed.

    Sales, statements and the history of a listing refer to the game by its event for good, and a closed listing can
    be relisted. The trigger comes after the update: one before it would have every update of an event lock the row
    against rows that refer to it, so that sales and cancellations lock each other out.
    """

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            pgtrigger.Trigger(
                name="stays_home_game",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("home_team_id", "season_id"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.AnyChange("home_team", "season"),
                func=_KEEP_HOME_GAME,
            )
        ]
