"""What depends on events, as the catalogue asks for it and shows it in the preview of an import."""

from datetime import timedelta

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.catalog.models import Event
from apps.catalog.services.event_uses import EventUses, event_uses
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.testing.factories import EventFactory
from apps.catalog.testing.stories import previewed, report_of, shown, skybox_export, skybox_row, skybox_venue
from apps.common.testing.clients import browser_of
from apps.listings.enums import ListingStatus
from apps.listings.testing.stories import on_sale, pending, reach
from apps.orders.testing.stories import CHANGED_AT as NOW
from apps.orders.testing.stories import record, void
from apps.season_tickets.testing.stories import block_at
from apps.users.testing.stories import superuser

pytestmark = pytest.mark.django_db


def test_open_listings_and_sales_that_are_not_void(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    busy, closed, empty = EventFactory.create_batch(3)
    block = block_at(busy)
    on_sale("1", block=block, event=busy)
    sales = record(on_sale("2", "3", "4", block=block, event=busy), "2", "3")
    void([sales[0]], now=NOW)
    reach(pending("1", block=block_at(closed), event=closed), ListingStatus.DELISTED)
    with django_assert_num_queries(2):
        uses = event_uses([busy.id, closed.id, empty.id])
    assert uses == {busy.id: EventUses(2, 1), closed.id: EventUses(0, 0), empty.id: EventUses(0, 0)}
    with django_assert_num_queries(0):
        assert event_uses([]) == {}


def row_of(event: Event, **changes: object) -> dict[str, object]:
    """Return the row of an export that describes the event as it is."""
    venue = skybox_venue(id=event.skybox_event_id, name=event.venue.name)
    local = event.starts_at.astimezone(event.venue.zone).replace(tzinfo=None)
    row = skybox_row(id=event.skybox_event_id, name=event.name, date=local.isoformat(), venue=venue)
    return {**row, "stubhubEventUrl": None, **changes}


def test_counts_what_depends_on_rows_that_are_not_simply_unchanged() -> None:
    client = browser_of(superuser())
    first = EventFactory(skybox_event_id=1)
    events = [first, *(EventFactory(season=first.season, skybox_event_id=number) for number in (2, 3, 4, 5))]
    for event in events:
        block = block_at(event)
        on_sale("1", block=block, event=event)
        record(on_sale("2", "3", "4", block=block, event=event), "2", "3")
    on_sale("1", block=block_at(first, row="B"), event=first)
    before = skybox_export(*map(row_of, events))
    skybox_events_import(file=before, league_code=first.season.league.code, season_name=first.season.name)
    later = (first.starts_at + timedelta(days=1)).replace(tzinfo=None).isoformat()
    upload = previewed(
        client,
        first.season.league,
        row_of(first, date=later),
        row_of(events[1]),
        row_of(events[2], name="Somebody at Nobody"),
        row_of(events[3], name=f"{events[3].away_team} vs. {events[3].home_team}"),
        row_of(events[4], disabled=True),
        row_of(first, id=6),
        season_name=first.season.name,
    )
    counts = [(row["outcome"], row["open_listings"], row["sales"]) for row in report_of(client, upload)]
    assert counts == [
        ("updated", "3", "2"),
        ("unchanged", "", ""),
        ("rejected", "2", "2"),
        ("doubtful", "2", "2"),
        ("skipped", "2", "2"),
        ("created", "", ""),
    ]
    page = shown(client, upload)
    groups = {group.key: (group.open_listings, group.sales) for group in page.context["groups"] if group.total}
    assert groups == {
        "updated": (3, 2),
        "rejected": (2, 2),
        "doubtful": (2, 2),
        "skipped_in_use": (2, 2),
        "created": (0, 0),
        "unchanged": (0, 0),
    }
    assert "These events have 3 open listings and 2 sales." in " ".join(page.content.decode().split())
    assert reverse("admin:catalog_event_change", args=[events[4].pk]) in page.content.decode()
