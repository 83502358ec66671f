"""State as metric families; names, labels and help are here, and docs/monitoring.md is checked against them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import nan

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

from apps.listings.enums import ListingStatus


@dataclass(frozen=True)
class LiveState:
    """The present state: messages by state, waiting decisions, results, times in UTC."""

    outbox: Mapping[str, int]
    outbox_oldest_seconds: float
    season_tickets_pending: int
    listings_undecided: Mapping[str, int]
    invariants: Mapping[str, tuple[bool, datetime]]
    beat_at: datetime | None


@dataclass(frozen=True)
class Counts:
    """Numbers by status, and sums of the sales that are not void by part and currency, in cents."""

    listings: Mapping[str, int]
    seats: Mapping[str, int]
    sales: Mapping[str, int]
    sale_cents: Mapping[tuple[str, str], int]


def build_families(*, version: str, release: str, django: str, python: str) -> Iterator[Metric]:
    """Yield the versions of what runs here."""
    build = InfoMetricFamily("stt_build", "Versions of what runs.")
    build.add_metric([], {"version": version, "release": release, "django": django, "python": python})
    yield build


def source_families(sources: Mapping[str, bool]) -> Iterator[Metric]:
    """Yield which sources of these metrics answered, which explains missing families."""
    yield _gauge("stt_source_up", "Whether a source of these metrics answered (1) or not (0).", ["source"], sources)


def live_families(state: LiveState, *, now: datetime) -> Iterator[Metric]:
    """Yield the families of the present state."""
    yield _gauge("stt_outbox_messages", "Messages of the outbox that are not delivered.", ["state"], state.outbox)
    yield _value(
        "stt_outbox_oldest_due_seconds",
        "For how long the longest waiting message is due, after its quiet time if it is gathered; 0 when none waits.",
        state.outbox_oldest_seconds,
    )
    failing = {name: float(is_failing) for name, (is_failing, _) in state.invariants.items()}
    checked = {name: at.timestamp() for name, (_, at) in state.invariants.items()}
    yield _gauge("stt_invariant_failing", "Whether an invariant is broken (1).", ["invariant"], failing)
    yield _gauge(
        "stt_invariant_checked_timestamp_seconds", "When an invariant was last checked.", ["invariant"], checked
    )
    yield _value(
        "stt_beat_age_seconds",
        "Time since beat last had a task run; unknown (NaN) before the first.",
        (now - state.beat_at).total_seconds() if state.beat_at else nan,
    )
    waiting = {
        "season_ticket": state.season_tickets_pending,
        "listing": state.listings_undecided[ListingStatus.PENDING],
        "delisting": state.listings_undecided[ListingStatus.DELISTING_REQUESTED],
    }
    yield _gauge("stt_triage_waiting", "What waits for a decision of staff.", ["kind"], waiting)


def replica_families(lag_seconds: float) -> Iterator[Metric]:
    """Yield how far the replica is behind."""
    yield _value("stt_replica_lag_seconds", "For how long the replica has not followed the primary.", lag_seconds)


def count_families(counts: Counts) -> Iterator[Metric]:
    """Yield the numbers by status."""
    yield _gauge("stt_listings", "Listings by status.", ["status"], counts.listings)
    yield _gauge("stt_seats", "Tickets, one for each listed seat of an event, by status.", ["status"], counts.seats)
    yield _gauge("stt_sales", "Sales, void or not.", ["state"], counts.sales)
    cents = GaugeMetricFamily(
        "stt_sale_cents", "Sums of the sales that are not void, in cents.", labels=["part", "currency"]
    )
    for labels, value in sorted(counts.sale_cents.items()):
        cents.add_metric(labels, value)
    yield cents


def queue_families(depths: Mapping[str, float]) -> Iterator[Metric]:
    """Yield how many tasks wait; `unacked` are those that workers have taken and not finished."""
    yield _gauge("stt_queue_messages", "Tasks in a queue; NaN: the broker does not say.", ["queue"], depths)


def _value(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _gauge(name: str, text: str, labels: list[str], values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for label, value in sorted(values.items()):
        family.add_metric([label], value)
    return family
