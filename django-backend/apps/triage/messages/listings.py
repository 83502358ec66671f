"""Messages about listings that wait for a decision or were decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from slack_sdk.models.blocks import Block, ButtonElement, LinkButtonElement

from apps.common.acts import ChangeSource
from apps.common.slack_blocks import (
    MAX_MESSAGE,
    Words,
    actions,
    context,
    cut,
    escaped,
    fields,
    fitting,
    header,
    length_of,
    link,
    sections,
    time_text,
    words,
)
from apps.common.text import counted, seats_named
from apps.listings.enums import ListingStatus
from apps.triage.enums import TriageAction, TriageKind
from apps.triage.messages.buttons import button
from apps.triage.rules.listings import (
    DECIDED_WORDS,
    Game,
    Outcome,
    ShownListing,
    games_of,
    money_text,
    outcomes_of,
    range_text,
)

MAX_GAMES: Final = 40
MAX_PLACES: Final = 12
MAX_GAME: Final = 700
MAX_EVENT: Final = 500
MAX_OUTCOMES: Final = 8
# Characters of a message for decisions and for the holder's reasons; games get the rest.
MAX_OUTCOMES_TEXT: Final = 2_800
MAX_REASONS_TEXT: Final = 1_400
MAX_CONTEXT: Final = 1_300
_TITLES: Final = {
    TriageKind.LISTINGS: "New listings",
    TriageKind.RELISTED: "Listed again",
    TriageKind.DELISTING: "Delisting requested",
}
# Statuses that staff decide about; everything else in the message is decided.
WAITING: Final = {
    TriageKind.LISTINGS: ListingStatus.PENDING,
    TriageKind.RELISTED: ListingStatus.PENDING,
    TriageKind.DELISTING: ListingStatus.DELISTING_REQUESTED,
}


@dataclass(frozen=True)
class ListingsShown:
    """The contents of a message about listings of one holder and team; `admin_url` is empty without an admin."""

    message_id: str
    kind: TriageKind
    holder: str
    teams: str
    listings: Sequence[ShownListing]
    admin_url: str
    held: int = 0  # how many of the listings that wait have seats that a buyer holds


def listings_words(shown: ListingsShown) -> Words:
    """Return the message: whose seats, which games, prices and payouts, who decided what, and what can be done."""
    games = games_of(shown.listings)
    seats = sum(len(row.seats) for row in shown.listings)
    one_listing = shown.kind == TriageKind.LISTINGS and len(shown.listings) == 1
    about = "New listing" if one_listing else _TITLES[shown.kind]
    title = f"{about}: {counted(seats, 'seat')}, {counted(len(games), 'game')}"
    currency = shown.listings[0].currency
    values = {
        "Holder": escaped(shown.holder),
        "Team": escaped(shown.teams),
        "Price per seat": range_text([row.price_cents for row in shown.listings], currency),
        "Payout per seat": range_text([row.payout_cents for row in shown.listings], currency),
    }
    waiting = WAITING[shown.kind]
    open_count = sum(row.status == waiting for row in shown.listings)
    above: list[Block] = [header(f"{settings.TRIAGE_EMOJIS[shown.kind.value]} {title}"), fields(values)]
    below = [
        *_reasons(shown, waiting),
        *_outcomes(outcomes_of(shown.listings, waiting=waiting)),
        *actions(_buttons(shown, open_count)),
    ]
    room = MAX_MESSAGE - length_of([*above, *below])
    state = f"{open_count} waiting" if open_count else "decided"
    return words(
        f"{title} by {escaped(shown.holder)} ({state})", [*above, *sections(_fitting_games(games, room)), *below]
    )


def _fitting_games(games: Sequence[Game], room: int) -> list[str]:
    """Return as many games as there is room for, up to `MAX_GAMES`, and a count of the rest."""
    for most in range(min(len(games), MAX_GAMES), 0, -1):
        lines = _game_lines(games[:most]) + _rest(games[most:])
        if len(fitting(lines, room)) == len(lines):
            return lines
    return _rest(games)


def _game_lines(games: Iterable[Game]) -> list[str]:
    """Return the games; those with the same seats at the same prices are grouped."""
    groups: dict[str, list[Game]] = {}
    for game in games:
        groups.setdefault(_places(game), []).append(game)
    return [
        line
        for places, same in groups.items()
        for line in (places, *(f"• *{cut(escaped(game.event), MAX_EVENT)}* · {escaped(game.start)}" for game in same))
    ]


def _places(game: Game) -> str:
    places = "; ".join(
        f"section {escaped(row.section)}, row {escaped(row.row)}, {escaped(seats_named(row.seats))}: "
        f"{money_text(row.price_cents, row.currency)} → {money_text(row.payout_cents, row.currency)}"
        f"{f' *({escaped(row.unfit)})*' if row.unfit else ''}"
        for row in game.listings[:MAX_PLACES]
    )
    more = sum(len(row.seats) for row in game.listings[MAX_PLACES:])
    rest = f"; _and {counted(more, 'more seat')}_" if more else ""
    return f"{cut(places, MAX_GAME - len(rest))}{rest}"


def _rest(games: Sequence[Game]) -> list[str]:
    if not games:
        return []
    seats = sum(len(row.seats) for game in games for row in game.listings)
    return [f"_and {counted(len(games), 'more game')} with {counted(seats, 'seat')}; the admin shows them all_"]


def _reasons(shown: ListingsShown, waiting: ListingStatus) -> list[Block]:
    """Return the reasons that the holder gave, or what took listings off sale."""
    recalled = (ListingStatus.LISTED, ListingStatus.PENDING)
    reasons = dict.fromkeys(
        row.note if (row.from_status, row.status) == recalled else f"The holder says: {row.note}"
        for row in shown.listings
        if row.status == waiting and row.note
    )
    lines = [cut(escaped(reason), MAX_CONTEXT) for reason in list(reasons)[:MAX_OUTCOMES]]
    return [context(line) for line in fitting(lines, MAX_REASONS_TEXT)]


def _outcomes(outcomes: Sequence[Outcome]) -> list[Block]:
    lines = [cut(_outcome_line(outcome), MAX_CONTEXT) for outcome in outcomes[:MAX_OUTCOMES]]
    lines = fitting(lines, MAX_OUTCOMES_TEXT)
    blocks: list[Block] = [context(line) for line in lines]
    if rest := sum(outcome.count for outcome in outcomes[len(lines) :]):
        blocks.append(context(f"and {counted(rest, 'more listing')}, decided one by one"))
    return blocks


def _outcome_line(outcome: Outcome) -> str:
    source = ChangeSource(outcome.source).label
    by = f" by {escaped(outcome.by)}" if outcome.by else ""
    note = f"\nReason: {escaped(outcome.note)}" if outcome.note else ""
    mark = ":white_check_mark:" if outcome.words in DECIDED_WORDS else ":record_button:"
    return f"{mark} {counted(outcome.count, 'listing')} {outcome.words}{by} · {source} · {time_text(outcome.at)}{note}"


def _buttons(shown: ListingsShown, open_count: int) -> list[ButtonElement | LinkButtonElement]:
    review = [link("Review", shown.admin_url)] if shown.admin_url else []
    if not open_count:
        return list(review)
    all_of = f" all {open_count}" if open_count > 1 else ""
    if shown.kind is TriageKind.DELISTING:
        sure = f"{counted(open_count, 'listing')} will be off sale."
        held = f"A buyer holds seats of {counted(shown.held, 'listing')}. The other seats will be off sale now."
        when_released = button(
            TriageAction.DELIST_WHEN_RELEASED, "Delist when released", value=shown.message_id, sure=held
        )
        return [
            button(
                TriageAction.APPROVE_DELISTING, f"Delist{all_of}", value=shown.message_id, style="danger", sure=sure
            ),
            *([when_released] if shown.held else []),
            button(TriageAction.DECLINE_DELISTING, "Keep on sale…", value=shown.message_id),
            *review,
        ]
    return [
        button(TriageAction.APPROVE, f"Approve{all_of}", value=shown.message_id, style="primary"),
        button(TriageAction.DECLINE, f"Decline{all_of}…", value=shown.message_id, style="danger"),
        *review,
    ]
