"""What holders read about their listings, in mails and notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.utils.text import capfirst

from apps.catalog.models import Event
from apps.common.money import cents_to_text
from apps.listings.enums import MOVES_WITH_REASON, ListingMove
from apps.listings.models import Listing
from apps.notifications.api import NoticeWords
from apps.season_tickets.api import place_text

MAX_GAMES: Final = 40
MAX_GAMES_IN_NOTICE: Final = 5


@dataclass(frozen=True)
class ListingNotice:
    """A listing with its event and season ticket loaded, the seats of the notice, and the payout of each.

    `sold` says whether other seats of it are sold.
    """

    listing: Listing
    seats: Sequence[str]
    sold: bool
    payout_cents: int


class Words(NamedTuple):
    """How holders are notified of a decision about listings; without a template there is no mail."""

    template: str | None
    word: str
    sentence: str
    with_prices: bool = True


_DELISTED: Final = Words("listing_delisted", "Off sale", "As you asked, your seats are off sale.", with_prices=False)
# Holders make the other moves themselves, or another message is about them: a sale, a cancelled event.
MOVE_NOTICES: Final[Mapping[ListingMove, Words]] = {
    ListingMove.APPROVE: Words("listing_approved", "On sale", "Your seats are on sale."),
    ListingMove.DECLINE: Words("listing_declined", "Declined", "Your seats were not put on sale."),
    ListingMove.APPROVE_DELISTING: _DELISTED,
    ListingMove.FINISH_DELISTING: _DELISTED,
    ListingMove.DECLINE_DELISTING: Words(
        "listing_delisting_declined", "Still on sale", "Your seats were not taken off sale."
    ),
    ListingMove.EXPIRE: Words(None, "Over", "The game has begun; these seats were not sold.", with_prices=False),
}


def listings_context(notices: Sequence[ListingNotice], *, move: ListingMove, reason: str) -> dict[str, Any]:
    """Return the context of mails about listings of one holder that made the same move, the next game first.

    At most `MAX_GAMES` games are named, `more` counts the others. Prices and payouts are those of one seat. The reason
    is left out if the move needs none.
    """
    games, priced = _games(notices), MOVE_NOTICES[move].with_prices
    return {
        "about": games[0][0].label if len(games) == 1 else f"your seats for {len(games)} games",
        "games": [
            {"event": event.label, "start": event.local_start, "places": [_words(row, priced=priced) for row in rows]}
            for event, rows in games[:MAX_GAMES]
        ],
        "more": len(games[MAX_GAMES:]),
        "reason": reason if move in MOVES_WITH_REASON else "",
        "sold": any(one.sold for one in notices),
    }


def listings_notice(context: Mapping[str, Any], *, move: ListingMove) -> NoticeWords:
    """Return the notice about listings that made a move, from their `listings_context`."""
    words, games = MOVE_NOTICES[move], context["games"]
    lines = [words.sentence, *([f"Why: {context['reason']}"] if context["reason"] else [])]
    for game in games[:MAX_GAMES_IN_NOTICE]:
        when = capfirst(game["start"]) if len(games) == 1 else f"{game['event']}, {game['start']}"
        lines += [f"{when}: {place['place']}{_prices(place)}" for place in game["places"]]
    if more := len(games[MAX_GAMES_IN_NOTICE:]) + context["more"]:
        lines.append(f"and {more} more game{'s' if more > 1 else ''}")
    return NoticeWords(f"{words.word}: {context['about']}", "\n".join(lines))


def _games(notices: Sequence[ListingNotice]) -> list[tuple[Event, list[ListingNotice]]]:
    by_event: dict[Any, list[ListingNotice]] = {}
    for one in notices:
        by_event.setdefault(one.listing.event_id, []).append(one)
    games = [(rows[0].listing.event, rows) for rows in by_event.values()]
    return sorted(games, key=lambda game: (game[0].date_tbd, game[0].starts_at, game[0].id))


def _words(row: ListingNotice, *, priced: bool) -> dict[str, str]:
    place = place_text(row.listing.season_ticket, row.seats)
    if not priced:
        return {"place": place, "price": "", "payout": "", "each": ""}
    currency = row.listing.currency
    return {
        "place": place,
        "price": f"{cents_to_text(row.listing.price_cents)} {currency}",
        "payout": f"{cents_to_text(row.payout_cents)} {currency}",
        "each": "each" if len(row.seats) > 1 else "",
    }


def _prices(place: Mapping[str, str]) -> str:
    if not place["price"]:
        return ""
    each = " each" if place["each"] else ""
    return f", price {place['price']}{each}, payout {place['payout']}{each}"
