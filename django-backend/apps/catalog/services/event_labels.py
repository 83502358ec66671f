"""Keeps the labels of events; call it in the transaction that adds or renames events."""

from typing import Final
from uuid import UUID

from django.db import connection, transaction

from apps.catalog.locks import season_labels_locked
from apps.catalog.models import Event
from apps.catalog.rules.event_labels import LabelledEvent, labels_to_write

# The race: listing a season locks its events in id order. Locked in the order of labels, each could wait for the other.
_WRITE: Final = """
WITH locked AS (
    SELECT event.id, wanted.label
    FROM unnest(%s::uuid[], %s::text[]) AS wanted(id, label) JOIN catalog_event AS event ON event.id = wanted.id
    ORDER BY event.id FOR NO KEY UPDATE OF event
)
UPDATE catalog_event AS event SET given_label = locked.label, updated_at = now()
FROM locked WHERE event.id = locked.id
"""


@transaction.atomic
def event_labels_keep(*, season_id: UUID) -> dict[UUID, str]:
    """Label the events of a season that have no valid label; return the new labels by event."""
    season_labels_locked(season_id)
    events = Event.objects.filter(season=season_id).order_by("starts_at", "id")
    rows = events.values_list("id", "name", "additional_info", "given_label").iterator()
    labels = labels_to_write(LabelledEvent(*row) for row in rows)
    if labels:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [list(labels), list(labels.values())])
    return labels
