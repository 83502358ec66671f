"""The statuses of listings, seats and season tickets, and the history of listings, have one writer."""

import re
from pathlib import Path

from apps.listings.enums import LISTING_MOVES, ListingMove, Mover
from apps.listings.views.listings import ListingViewSet
from apps.listings.views.staff import StaffListingViewSet

PROJECT = Path(__file__).parents[3]
WRITERS = {
    "apps/listings/services/lifecycle/writing.py",
    "apps/listings/services/lifecycle/bulk_write.py",
    "apps/season_tickets/services/decisions.py",
}
WRITES = re.compile(
    r"\.(update|create|update_or_create|get_or_create)\([^()]*\bstatus="
    r'|update_fields=[^)]*"status"'
    r"|(?<!class )\bListingEvent\("
    r"|\b(Listing|Ticket|ListingEvent)\.objects\.\w*(create|bulk_update)\("
    r"|(INSERT INTO|UPDATE|DELETE FROM) +listings_(listing|ticket|listingevent|seasonticket)\b"
)
EXAMPLES = [
    "Listing.objects.filter(id=1).update(\n    updated_at=now, status=to\n)",
    "Ticket.objects.filter(listing=1).update(status=TicketStatus.AVAILABLE)",
    'listing.save(update_fields=["updated_at", "status"])',
    "rows.append(ListingEvent(listing=listing))",
    "ListingEvent.objects.bulk_create(rows)",
    "Ticket.objects.create(seat=seat)",
    'cursor.execute("INSERT INTO listings_listingevent (listing_id) VALUES (1)")',
    'cursor.execute("UPDATE listings_ticket SET status = 1")',
]


def test_nobody_else_writes_a_status_or_the_history() -> None:
    """Tests, migrations, benchmarks and what other apps write of their own aside; the pattern finds `EXAMPLES`."""
    assert [text for text in EXAMPLES if not WRITES.search(text)] == []
    found = set()
    for path in PROJECT.rglob("*.py"):
        name = path.relative_to(PROJECT).as_posix()
        text = path.read_text()
        about_listings = name.startswith(("apps/listings/", "apps/season_tickets/")) or bool(
            re.search(r"apps\.(listings|season_tickets)", text)
        )
        if (
            about_listings
            and not {"tests", "testing", "migrations", "benchmarks"} & set(path.parts)
            and WRITES.search(text)
        ):
            found.add(name)
    assert found == WRITERS


def test_each_move_is_offered_to_those_who_may_make_it() -> None:
    for view, mover in ((ListingViewSet, Mover.HOLDER), (StaffListingViewSet, Mover.STAFF)):
        offered = {action.__name__ for action in view.get_extra_actions()} & set(ListingMove.values)
        assert offered == {move.value for move, row in LISTING_MOVES.items() if row.mover is mover}
