"""Staff decide in Slack: the same moves as in the API and the admin, with the same history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.common.acts import Act
from apps.common.errors import DomainError
from apps.common.slack_blocks import clock_text
from apps.listings.api import MoveResult, listings_move
from apps.listings.enums import LISTING_MOVES, ListingMove
from apps.season_tickets.api import SeasonTicketTwinsUnconfirmed, season_ticket_reject, season_ticket_verify
from apps.triage.enums import TriageAction, TriageKind
from apps.triage.messages.listings import WAITING
from apps.triage.models import TriageMessage
from apps.triage.rules.listings import outcomes_of
from apps.triage.selectors import listings_shown, season_ticket_shown
from apps.triage.services.showing import triage_refresh_one

MAX_SENTENCES: Final = 8
MOVES: Final[Mapping[TriageAction, ListingMove]] = {
    TriageAction.APPROVE: ListingMove.APPROVE,
    TriageAction.DECLINE: ListingMove.DECLINE,
    TriageAction.APPROVE_DELISTING: ListingMove.APPROVE_DELISTING,
    TriageAction.DELIST_WHEN_RELEASED: ListingMove.DELIST_WHEN_RELEASED,
    TriageAction.DECLINE_DELISTING: ListingMove.DECLINE_DELISTING,
}


@dataclass(frozen=True)
class Decided:
    """How many objects the decision moved, and the answer to the user; empty when the message says it."""

    moved: int
    answer: str = ""


def model_of(action: TriageAction) -> str:
    """Return the model whose permissions an action needs."""
    decides_season_ticket = action in {TriageAction.VERIFY, TriageAction.REJECT}
    return "season_tickets.seasonticket" if decides_season_ticket else "listings.listing"


@transaction.atomic
def triage_decide(
    *, message: TriageMessage, action: TriageAction, act: Act, confirmed_twins: Collection[UUID] = ()
) -> Decided:
    """Apply a button to everything in the message that still waits for it.

    What was decided elsewhere meanwhile stays; the answer says by whom and when. The message is refreshed in any case,
    so a stale one corrects itself. `confirmed_twins` are the season tickets that the question named.
    """
    if model_of(action) == "season_tickets.seasonticket":
        decided = _decide_season_ticket(message, action, act, confirmed_twins)
    else:
        decided = _decide_listings(message, MOVES[action], act)
    triage_refresh_one(message=message, now=act.at)
    return decided


def _decide_listings(message: TriageMessage, move: ListingMove, act: Act) -> Decided:
    if WAITING.get(TriageKind(message.kind)) not in LISTING_MOVES[move][0]:
        return Decided(0, "This message has no such button.")
    try:
        results = listings_move(listing_ids=message.object_ids, move=move, act=act)
    except DomainError as error:
        return Decided(0, str(error))
    moved = sum(result.status is not None for result in results)
    if moved == len(results):
        return Decided(moved)
    others = [result.listing_id for result in results if result.status is None]
    return Decided(moved, _answer(message, others, moved, results, act.at))


def _answer(
    message: TriageMessage, others: Sequence[UUID], moved: int, results: Sequence[MoveResult], now: datetime
) -> str:
    """Return what was done, and what happened to the rest or why it stays."""
    shown = listings_shown(message, only=others, now=now)
    refused = any(row.status == WAITING[shown.kind] for row in shown.listings)  # a buyer is about to pay, for example
    nothing = "Nothing was done." if refused else "Nothing was left to do."
    sentences = [f"{moved} of {len(results)} done." if moved else nothing]
    sentences += [
        f"{outcome.count} already {outcome.words.removeprefix('now: ')}{_by(outcome.by)} at {clock_text(outcome.at)}."
        for outcome in outcomes_of(shown.listings, waiting=WAITING[shown.kind])
    ]
    if refused:
        sentences += dict.fromkeys(result.refusal for result in results if result.refusal)
    return " ".join(sentences[:MAX_SENTENCES])


def _decide_season_ticket(
    message: TriageMessage, action: TriageAction, act: Act, confirmed_twins: Collection[UUID]
) -> Decided:
    if message.kind != TriageKind.SEASON_TICKET:
        return Decided(0, "This message has no such button.")
    season_ticket_id = message.object_ids[0]
    try:
        if action is TriageAction.VERIFY:
            season_ticket_verify(season_ticket_id=season_ticket_id, act=act, confirmed_twins=confirmed_twins)
        else:
            season_ticket_reject(season_ticket_id=season_ticket_id, act=act)
    except SeasonTicketTwinsUnconfirmed:
        return Decided(
            0, "There are other season tickets for what may be the same seats: compare them, then try again."
        )
    except DomainError as error:
        shown = season_ticket_shown(message)
        if shown.decided_at is None:
            return Decided(0, str(error))
        label = shown.status.label.lower()
        return Decided(0, f"Already {label}{_by(shown.decided_by)} at {clock_text(shown.decided_at)}.")
    return Decided(1)


def _by(name: str) -> str:
    return f" by {name}" if name else ""
