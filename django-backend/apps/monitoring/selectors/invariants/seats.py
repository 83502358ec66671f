"""Invariants of seats, listings, sales, rates and statements, checked without trusting any index or trigger."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from apps.catalog.api import begun
from apps.listings.enums import ACTIVE_TICKET_STATUSES, OPEN_LISTING_STATUSES, SELLABLE_LISTING_STATUSES, ListingStatus
from apps.listings.models import Listing
from apps.monitoring.selectors.invariants.base import Found, Invariant, SqlInvariant, found_in

EXPIRY_LATE: Final = timedelta(hours=1)
HOLD_LATE: Final = timedelta(minutes=15)


class SeatsAreActiveOnce(SqlInvariant):
    """A seat is never sold twice, checked without trusting the unique index or spellings.

    It is compared twice: as printed on the ticket, and as its season ticket reads, except for distinct places.

    Tickets have no admin page, so this and the next but one report their listings.
    """

    name = "seats_active_once"
    title = "Seats"
    sentence = "A physical seat is in at most one active ticket of an event."
    page = "listings_listing"
    statement = """
        WITH doubled AS (
            SELECT event_id, upper(btrim(section)) AS section, upper(btrim("row")) AS "row",
                upper(btrim(seat)) AS seat, general_admission_block AS block
            FROM listings_ticket WHERE status = ANY(%(active)s)
            GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1
        ), seen AS (
            SELECT listing_id, ticket.event_id, block.team_id,
                COALESCE(block.seat_keys[ticket.position + 1], ticket.seat) AS seat,
                CASE WHEN (block.team_id, block.section, block."row") IN (
                    SELECT team_id, section, "row" FROM listings_distinctplace
                ) THEN NULL ELSE block.place_key END AS place
            FROM listings_ticket AS ticket
            JOIN listings_listing AS listing ON listing.id = ticket.listing_id
            JOIN listings_seasonticket AS block ON block.id = listing.season_ticket_id
            WHERE ticket.status = ANY(%(active)s) AND ticket.general_admission_block IS NULL
                AND (ticket.section, ticket."row") = (block.section, block."row")
        )
        SELECT DISTINCT ticket.listing_id AS id FROM listings_ticket AS ticket JOIN doubled
            ON ticket.event_id = doubled.event_id
            AND upper(btrim(ticket.section)) = doubled.section AND upper(btrim(ticket."row")) = doubled."row"
            AND upper(btrim(ticket.seat)) = doubled.seat
            AND ticket.general_admission_block IS NOT DISTINCT FROM doubled.block
        WHERE ticket.status = ANY(%(active)s)
        UNION
        SELECT DISTINCT seen.listing_id FROM seen JOIN (
            SELECT event_id, team_id, place, seat FROM seen GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
        ) AS twins USING (event_id, team_id, place, seat)
    """
    values = {"active": [status.value for status in ACTIVE_TICKET_STATUSES]}


class SharesSumToPrice(SqlInvariant):
    """The holder's payout and the house's commission sum to what the buyer agreed to pay."""

    name = "sale_shares_sum_to_price"
    title = "Shares of sales"
    sentence = "The commission and the payout of each sale sum to its price, and neither is below zero."
    page = "orders_sale"
    statement = """
        SELECT id FROM orders_sale
        WHERE price_cents <> commission_cents::bigint + payout_cents OR LEAST(commission_cents, payout_cents) < 0
    """


class SoldSeatsHaveOneSale(SqlInvariant):
    """A sold ticket without a sale is never paid out; a sale without its seat is a seat that may be sold again.

    A sale with another holder than its seat pays out the wrong person. Void sales are compared too, as statements have
    charged them back. If sale and seat have different listings, both are reported.
    """

    name = "sold_seats_have_one_sale"
    title = "Sold seats"
    sentence = (
        "Each sold ticket has exactly one sale that is not void, each such sale a sold ticket, and each sale the "
        "listing, event and holder of its ticket."
    )
    page = "listings_listing"
    statement = """
        SELECT COALESCE(ticket.listing_id, sale.listing_id) AS id
        FROM (SELECT id, listing_id FROM listings_ticket WHERE status = 'sold') AS ticket
        FULL JOIN (
            SELECT ticket_id, min(listing_id::text)::uuid AS listing_id, count(*) AS sales
            FROM orders_sale WHERE voided_at IS NULL GROUP BY ticket_id
        ) AS sale ON sale.ticket_id = ticket.id
        WHERE ticket.id IS NULL OR sale.sales IS DISTINCT FROM 1
        UNION
        SELECT unnest(ARRAY[sale.listing_id, ticket.listing_id])
        FROM orders_sale AS sale
        JOIN listings_ticket AS ticket ON ticket.id = sale.ticket_id
        JOIN listings_listing AS listing ON listing.id = ticket.listing_id
        WHERE (sale.listing_id, sale.event_id, sale.event_id, sale.holder_id)
            <> (ticket.listing_id, ticket.event_id, listing.event_id, listing.holder_id)
    """


class ListingsFitTheirSeats(SqlInvariant):
    """A listing on sale without a seat disappoints buyers; an available seat in a closed listing is lost.

    So is one that is held where nobody sells. A listing whose event begins, or that is being delisted, waits for the
    hold of a buyer.
    """

    name = "listings_fit_their_seats"
    title = "Listings"
    sentence = (
        "An open listing has a seat to sell, a sold one has a sold seat, one that is over has none to sell, one that "
        "is being delisted has a held seat, and seats are held in listings that are or were on sale."
    )
    page = "listings_listing"
    statement = """
        SELECT listing.id FROM listings_listing AS listing LEFT JOIN (
            SELECT listing_id, bool_or(status = 'available') AS available, bool_or(status = 'held') AS held,
                bool_or(status = 'sold') AS sold
            FROM listings_ticket WHERE status = ANY(%(active)s) GROUP BY listing_id
        ) AS seats ON seats.listing_id = listing.id
        WHERE (listing.status = ANY(%(open)s) AND (seats.available OR seats.held) IS NOT TRUE)
            OR (listing.status <> ALL(%(open)s) AND seats.available)
            OR (listing.status = %(sold)s AND seats.sold IS NOT TRUE)
            OR (listing.status = %(delisting)s AND seats.held IS NOT TRUE)
            OR (listing.status <> ALL(%(holding)s) AND seats.held)
    """
    values = {
        "active": [status.value for status in ACTIVE_TICKET_STATUSES],
        "open": sorted(status.value for status in OPEN_LISTING_STATUSES),
        "holding": sorted(
            status.value for status in SELLABLE_LISTING_STATUSES | {ListingStatus.DELISTING, ListingStatus.EXPIRED}
        ),
        "sold": ListingStatus.SOLD.value,
        "delisting": ListingStatus.DELISTING.value,
    }


class HeldSeatsHaveLiveHolds(SqlInvariant):
    """A seat that is held without a live hold is lost to the holder: nobody will sell it, and no timer release it."""

    name = "held_seats_have_live_holds"
    title = "Holds"
    sentence = (
        "Each held seat has a live hold of its listing, each live hold holds the seats that it names, no other seat "
        "has a hold, and no hold is live 15 minutes after its time."
    )
    page = "listings_listing"
    statement = """
        SELECT COALESCE(seats.listing_id, hold.listing_id) AS id
        FROM (
            SELECT listing_id, hold_id, array_agg(seat::text ORDER BY position) AS seats,
                bool_and(status = 'held') AS held
            FROM listings_ticket WHERE status = 'held' OR hold_id IS NOT NULL GROUP BY 1, 2
        ) AS seats
        FULL JOIN (
            SELECT id, listing_id, seats::text[], expires_at FROM listings_hold WHERE released_at IS NULL
        ) AS hold ON hold.id = seats.hold_id
        WHERE (seats.listing_id, seats.seats, seats.held, TRUE)
            IS DISTINCT FROM (hold.listing_id, hold.seats, TRUE, hold.expires_at > %(now)s - %(grace)s)
    """
    values = {"grace": HOLD_LATE}  # by then the timer has ended every hold that was over


class ListingsAreForHomeGames(SqlInvariant):
    """Seats offered at another team's game are in a stadium where the holder has none."""

    name = "listings_for_home_games"
    title = "Home games"
    sentence = "The event of each listing is a home game of its season ticket's team and season."
    page = "listings_listing"
    statement = """
        SELECT listing.id FROM listings_listing AS listing
        JOIN catalog_event AS event ON event.id = listing.event_id
        JOIN listings_seasonticket AS block ON block.id = listing.season_ticket_id
        WHERE (event.home_team_id, event.season_id) IS DISTINCT FROM (block.team_id, block.season_id)
    """


class PastEventsAreOffSale(Invariant):
    """Beat expires open listings within minutes of the start; one that is an hour late shows that it does not."""

    name = "past_events_off_sale"
    title = "Past events"
    sentence = "No listing is open an hour after its event has begun, unless the event is postponed."
    page = "listings_listing"

    def find(self, *, now: datetime) -> Found:
        """Return the open listings of events that have begun."""
        over = begun(at=now - EXPIRY_LATE, event="event__")
        return found_in(Listing.objects.filter(over, status__in=OPEN_LISTING_STATUSES))


class AgreementsNeverOverlap(SqlInvariant):
    """With two rates at once, the one applied would be random.

    Scopes are compared as `=` of ids, because PostgreSQL has no hash join for IS NOT DISTINCT FROM: minutes for 10,000
    agreements. Dates are compared one by one, because a range that ends before it begins is an error.
    """

    name = "agreements_never_overlap"
    title = "Commission agreements"
    sentence = "Two commission agreements of one scope never hold on the same day."
    page = "holders_commissionagreement"
    statement = """
        WITH agreement AS (
            SELECT id, valid_from AS begins, COALESCE(valid_until, 'infinity') AS ends,
                COALESCE(holder_id, %(nobody)s) AS holder, COALESCE(team_id, %(nobody)s) AS team
            FROM holders_commissionagreement WHERE valid_from < COALESCE(valid_until, 'infinity')
        )
        SELECT DISTINCT one.id FROM agreement AS one JOIN agreement AS other
            ON one.holder = other.holder AND one.team = other.team AND one.id <> other.id
            AND one.begins < other.ends AND other.begins < one.ends
    """
    values = {"nobody": UUID(int=0)}  # replaces a missing holder or team


class StatementsSumTheirLines(SqlInvariant):
    """Statements, recomputed from the sales: an extra line or another amount is wrong money."""

    name = "statements_sum_their_lines"
    title = "Statements"
    sentence = "Each statement is the sum of its lines, and each line has the amounts of its sale."
    page = "payouts_statement"
    statement = """
        SELECT statement.id FROM payouts_statement AS statement LEFT JOIN (
            SELECT line.statement_id,
                count(*) FILTER (WHERE line.kind = 'sale') AS sales,
                count(*) FILTER (WHERE line.kind = 'void') AS voids, sum(line.price_cents) AS gross,
                sum(line.commission_cents) AS commission, sum(line.payout_cents) AS payout,
                bool_and(
                    (line.price_cents, line.commission_cents, line.payout_cents)
                    = (signed.sign * sale.price_cents, signed.sign * sale.commission_cents, signed.sign *
                    sale.payout_cents) AND sale.holder_id = own.holder_id AND sale.currency = own.currency AND
                    (line.kind = 'sale' OR sale.voided_at IS NOT NULL)
                ) AS is_true
            FROM payouts_statementline AS line
            JOIN payouts_statement AS own ON own.id = line.statement_id
            JOIN orders_sale AS sale ON sale.id = line.sale_id
            CROSS JOIN LATERAL (SELECT CASE line.kind WHEN 'sale' THEN 1 ELSE -1 END AS sign) AS signed
            GROUP BY line.statement_id
        ) AS sums ON sums.statement_id = statement.id
        WHERE (statement.sale_count, statement.void_count, statement.gross_cents, statement.commission_cents,
                statement.payout_cents)
            IS DISTINCT FROM (sums.sales, sums.voids, sums.gross, sums.commission, sums.payout)
            OR NOT sums.is_true
    """
