"""The locks of the catalogue; each says which race it ends. All are held until the transaction ends."""

from typing import Final
from uuid import UUID

from django.db import connection

from apps.catalog.models import EventImport

# Any number that no other advisory lock of this database uses ("skyb" in ASCII).
SKYBOX_IMPORT_KEY: Final = 0x736B7962


def skybox_import_locked() -> None:
    """Wait until no other import is running.

    Two imports at once would both find an event, a team or a venue missing and both create it. A lock of the
    transaction, not of the session, so that it works behind PgBouncer and goes with a crash.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SKYBOX_IMPORT_KEY])


def event_import_locked(event_import_id: UUID) -> EventImport:
    """Return the uploaded import under its row lock, so that two confirmations at once apply it once.

    Raises:
        EventImport.DoesNotExist: there is no such import.
    """
    return EventImport.objects.select_for_update().get(pk=event_import_id)
