"""What can be bought now. Anybody may read it, so nothing here says whose seats they are."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from apps.catalog.enums import EventStatus
from apps.listings.enums import SELLABLE_LISTING_STATUSES, TicketStatus
from apps.listings.models import Listing, Ticket

# Whether a run of `run.seats` seats can supply `wanted.quantity`, as `allowed_quantities` says it. SQL says it too
# because the quantity is a condition of the page: applied to its rows afterwards, it would leave short pages.
ALLOWS_QUANTITY_SQL: Final = """
CASE listings_listing.split_rule
    WHEN 'none' THEN run.seats = wanted.quantity
    WHEN 'never_leave_one' THEN run.seats >= wanted.quantity AND run.seats - wanted.quantity <> 1
    WHEN 'avoid_one_and_three' THEN run.seats >= wanted.quantity AND run.seats - wanted.quantity NOT IN (1, 3)
    WHEN 'pairs' THEN run.seats = wanted.quantity OR (mod(wanted.quantity, 2) = 0 AND run.seats >= wanted.quantity + 2)
    WHEN 'custom' THEN (run.seats >= wanted.quantity AND wanted.quantity = ANY(listings_listing.custom_quantities))
        OR (run.seats = wanted.quantity AND run.seats < ALL(listings_listing.custom_quantities))
    ELSE run.seats >= wanted.quantity
END
"""
# Neighbours differ by one, so position minus number is the same for all seats of a run; general admission is one run.
# Most listings that cannot supply a large party have too few seats, and counting them is cheaper than finding runs.
_SUPPLIES_QUANTITY_SQL: Final = f"""
(
    SELECT CASE WHEN wanted.quantity <= (
        SELECT count(*) FROM listings_ticket WHERE listing_id = listings_listing.id AND status = 'available'
    ) THEN EXISTS (
        SELECT FROM (
            SELECT count(*) AS seats FROM (
                SELECT CASE WHEN general_admission_block IS NULL
                    THEN "position" - row_number() OVER (ORDER BY "position") END AS run
                FROM listings_ticket WHERE listing_id = listings_listing.id AND status = 'available'
            ) AS seat
            GROUP BY run
        ) AS run
        WHERE {ALLOWS_QUANTITY_SQL}
    ) ELSE false END
    FROM (SELECT %s::int AS quantity) AS wanted
)
"""  # noqa: S608 - constants


def open_for_sale(*, at: datetime, event: str = "") -> Q:
    """Return the condition that seats of an event can be bought at the time `at`: `closed_reason` finds nothing.

    `event` is the path from the model that is filtered, such as `event__`.
    """
    return Q(**{f"{event}status": EventStatus.SCHEDULED, f"{event}starts_at__gt": at})


def listings_on_sale(event_id: UUID | OuterRef) -> QuerySet[Listing]:
    """Return the listings of an event of which at least one seat can be bought: it is available, and nobody holds it.

    Whether the event is open is another question: listings stay for some minutes after it has begun.
    """
    return _with_seats().filter(event=event_id)


def for_sale(*, at: datetime) -> QuerySet[Listing]:
    """Return the listings of all events of which at least one seat can be bought at the time `at`."""
    return _with_seats().filter(open_for_sale(at=at, event="event__"))


def _with_seats() -> QuerySet[Listing]:
    available = Ticket.objects.filter(listing=OuterRef("pk"), status=TicketStatus.AVAILABLE)
    return Listing.objects.filter(Exists(available), status__in=SELLABLE_LISTING_STATUSES)


def supplying(listings: QuerySet[Listing], *, quantity: int) -> QuerySet[Listing]:
    """Return those of the listings of which a buyer can buy so many seats at once, by their split rule."""
    supplies = RawSQL(_SUPPLIES_QUANTITY_SQL, [quantity], output_field=BooleanField())  # noqa: S611 - constants
    return listings.filter(supplies)
