"""Keeps a file that staff uploaded from its preview to its confirmation, in the shared cache.

A table would keep files of holders for good that nobody asks for again: what was listed is in the history of each
listing, with who listed it and how.
"""

import zlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.core.cache import cache

from apps.common.ids import uuid7
from apps.holders.models import TicketHolder
from apps.users.models import User

KEPT_SECONDS: Final = 60 * 60


@dataclass(frozen=True)
class KeptUpload:
    """A file, and the holder whose seats it lists."""

    holder: TicketHolder
    file_name: str
    content: bytes


def csv_upload_keep(*, uploaded_by: User, holder: TicketHolder, file_name: str, content: bytes) -> UUID:
    """Keep a file for an hour and return the id under which the same user finds it."""
    upload_id = uuid7()
    kept = (str(holder.id), file_name[:255], zlib.compress(content))
    cache.set(_key(uploaded_by, upload_id), kept, KEPT_SECONDS)
    return upload_id


def csv_upload_kept(*, uploaded_by: User, upload_id: UUID) -> KeptUpload | None:
    """Return a file that the user uploaded; None if there is none, its hour is over, or it was listed."""
    kept = cache.get(_key(uploaded_by, upload_id))
    if kept is None:
        return None
    holder_id, file_name, packed = kept
    holder = TicketHolder.objects.select_related("user").get(id=holder_id)
    return KeptUpload(holder, file_name, zlib.decompress(packed))


def csv_upload_forget(*, uploaded_by: User, upload_id: UUID) -> None:
    """Forget a file."""
    cache.delete(_key(uploaded_by, upload_id))


def _key(uploaded_by: User, upload_id: UUID) -> str:
    return f"listing-csv:{uploaded_by.pk}:{upload_id}"
