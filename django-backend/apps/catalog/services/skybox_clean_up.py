"""Deletes uploads that nobody confirmed."""

from datetime import datetime, timedelta
from typing import Final

from apps.catalog.enums import EventImportStatus
from apps.catalog.models import EventImport

UNCONFIRMED_FOR: Final = timedelta(days=7)


def event_imports_purge(*, now: datetime) -> int:
    """Delete uploads that were previewed a week ago and never applied; return how many.

    Applied ones stay as evidence of what they did.
    """
    forgotten = EventImport.objects.filter(status=EventImportStatus.PREVIEWED, previewed_at__lte=now - UNCONFIRMED_FOR)
    return forgotten.delete()[0]
