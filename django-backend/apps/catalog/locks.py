"""The locks of the catalogue; each names the race that it prevents. All are held until the transaction ends."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import connection

from apps.catalog.models import Event, EventChange, EventImport, Season

# Any number that no other advisory lock of this database uses ("skyb" in ASCII).
SKYBOX_IMPORT_KEY: Final = 0x736B7962


def skybox_import_locked() -> None:
    """Wait until no other import writes a chunk.

    Two imports at once would both find an event, a team or a venue missing and both create it. The lock belongs to the
    transaction, not the session, so that it works behind PgBouncer and is released by a crash.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SKYBOX_IMPORT_KEY])


def event_import_locked(event_import_id: UUID) -> EventImport:
    """Return the uploaded import under its row lock, so that only one of two confirmations at once records it.

    Raises:
        EventImport.DoesNotExist: there is no such import.
    """
    return EventImport.objects.select_for_update().get(pk=event_import_id)


def event_locked(event_id: UUID) -> Event | None:
    """Return the event under its row lock, None when there is none.

    The races: two people change one event, or somebody lists seats for it meanwhile. Listing holds a share of this lock
    until the listing is written, so the change either waits and finds it, or comes first and is seen. Taken before the
    locks of listings. Rows that refer to the event are not blocked: a sale that has its listing locked must not wait
    for us. The venue is read later: the statement that waits here would join the old one of an event that moves
    meanwhile, and find no event.
    """
    return Event.objects.select_for_update(no_key=True).filter(id=event_id).first()


def successor_locked(*, event_id: UUID, other_id: UUID) -> tuple[Event, Event]:
    """Return an event and the one that it replaces in the feed, under row locks taken in id order.

    The races: seats of either are listed meanwhile, see `event_locked`. Withholding seats of the other one waits as
    well, since it is about to be deleted.

    Raises:
        Event.DoesNotExist: one of them is gone.
    """
    rows = {
        key: Event.objects.select_for_update(no_key=key == event_id).get(pk=key) for key in sorted((event_id, other_id))
    }
    return rows[event_id], rows[other_id]


def imported_events_locked(skybox_event_ids: Collection[int]) -> None:
    """Lock the events with these SkyBox ids, in id order; ids without an event are skipped.

    The races: staff move an event after the import has read it, and the import would undo the move and report a change
    that never happened. Listing a season locks its events in id order too, so that the two cannot deadlock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM catalog_event WHERE skybox_event_id = ANY(%s)"
            " ORDER BY id FOR NO KEY UPDATE) AS locked",
            [list(skybox_event_ids)],
        )


def season_labels_locked(season_id: UUID) -> None:
    """Lock the season's own row.

    The race: two people add a game of the same teams, and both would give it the next number. Taken after the events;
    rows that refer to the season are not blocked.
    """
    Season.objects.select_for_update(no_key=True).filter(id=season_id).values_list("id").first()


def event_change_locked(event_change_id: UUID) -> EventChange | None:
    """Return the change under its row lock with both venues, None when there is none.

    The race: the follow-up message is delivered twice at once. The second one sees what the first did.
    """
    changes = EventChange.objects.select_for_update(of=("self",)).select_related("from_venue", "to_venue")
    return changes.filter(id=event_change_id).first()
