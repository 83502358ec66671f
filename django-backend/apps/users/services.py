"""Use cases around users."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.common.encryption import NoKeyOpens, is_sealed_as_configured, seal, unseal
from apps.common.errors import ErrorDetail
from apps.users.errors import UnknownPermission
from apps.users.locks import second_factors_locked
from apps.users.models import RefreshToken

logger = logging.getLogger(__name__)

# A token that is used again so soon is a concurrent request or a retry of the same program: it is only refused.
REUSE_GRACE: Final = timedelta(seconds=10)
BATCH: Final = 200
# Where allauth keeps them in `Authenticator.data`; the last is a list.
SECRET_FIELDS: Final = ("secret", "seed", "migrated_codes")


@dataclass(frozen=True)
class StaffGroupChange:
    """What `staff_group_sync` did; permission names are `app.codename`, sorted."""

    created: bool
    added: tuple[str, ...]
    removed: tuple[str, ...]


@transaction.atomic
def staff_group_sync(*, name: str, permissions: Collection[str]) -> StaffGroupChange:
    """Give the group `name` exactly `permissions` (`catalog.change_event`), creating the group when it is missing.

    Raises:
        UnknownPermission: one sentence for each name that no installed model has; nothing is changed.
    """
    wanted = set(permissions)
    rows = Permission.objects.filter(content_type__app_label__in={label.partition(".")[0] for label in wanted})
    known = {f"{row.content_type.app_label}.{row.codename}": row for row in rows.select_related("content_type")}
    if unknown := sorted(wanted - known.keys()):
        first, *rest = (f"There is no permission {label!r}." for label in unknown)
        raise UnknownPermission(first, more=[ErrorDetail(sentence) for sentence in rest])

    group, created = Group.objects.get_or_create(name=name)
    present = {
        f"{row.content_type.app_label}.{row.codename}": row for row in group.permissions.select_related("content_type")
    }
    added, removed = sorted(wanted - present.keys()), sorted(present.keys() - wanted)
    group.permissions.add(*(known[label] for label in added))
    group.permissions.remove(*(present[label] for label in removed))
    return StaffGroupChange(created=created, added=tuple(added), removed=tuple(removed))


@dataclass(frozen=True)
class SecondFactorsSealed:
    """What `second_factors_seal` found: how many it rewrote, how many were right, the ids that no key opens."""

    rewritten: int
    unchanged: int
    unreadable: tuple[int, ...]


def second_factors_seal(*, dry_run: bool = False) -> SecondFactorsSealed:
    """Store every second factor as DATA_ENCRYPTION_KEYS says now: with its first key, or unencrypted.

    It works in batches of 200, each a transaction; if stopped, run it again. What no key opens stays as it is. With
    `dry_run` nothing is written.
    """
    rewritten, unchanged, unreadable, last_id = 0, 0, [], 0
    while True:
        with transaction.atomic():
            rows = second_factors_locked(after_id=last_id, limit=BATCH)
            for row in rows:
                try:
                    changes = _resealed(row.data)
                except NoKeyOpens:
                    unreadable.append(row.id)
                    continue
                unchanged += not changes
                rewritten += bool(changes)
                if changes and not dry_run:
                    Authenticator.objects.filter(id=row.id).update(data=row.data | changes)
        if not rows:
            return SecondFactorsSealed(rewritten, unchanged, tuple(unreadable))
        last_id = rows[-1].id


def _resealed(data: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a second factor that must be rewritten, with their new values."""
    changes: dict[str, Any] = {}
    for field in SECRET_FIELDS:
        stored = data.get(field)
        texts = stored if isinstance(stored, list) else [stored] if stored else []
        if all(is_sealed_as_configured(text) for text in texts):
            continue
        resealed = [seal(unseal(text)) for text in texts]
        changes[field] = resealed if isinstance(stored, list) else resealed[0]
    return changes


def refresh_token_begin(*, session_key: str, token_id: UUID) -> None:
    """Make this the refresh token of a session that a login starts."""
    RefreshToken.objects.bulk_create(
        [RefreshToken(session_id=session_key, token_id=token_id)],
        update_conflicts=True,
        unique_fields=["session"],
        update_fields=["token_id", "exchanged_at"],
    )


@transaction.atomic
def refresh_token_exchange(*, session_key: str, spent: UUID, fresh: UUID, now: datetime, lifetime: timedelta) -> bool:
    """Replace the valid token with a fresh one and extend the session; return whether this happened.

    Of several concurrent exchanges of one token, one succeeds: the others wait for its row and find another token.
    """
    current = RefreshToken.objects.filter(session_id=session_key, token_id=spent)
    exchanged = current.update(token_id=fresh, exchanged_at=now) == 1
    if exchanged:
        Session.objects.filter(session_key=session_key).update(expire_date=now + lifetime)
    return exchanged


def refresh_token_reused(*, session_key: str, now: datetime) -> bool:
    """End the session of a spent token that was used again, `REUSE_GRACE` or more after the last exchange.

    Two parties know the token then, and nobody knows which is the thief (RFC 9700, 4.14.2). Return whether the
    session was ended: not within the grace period, and not if it is gone already.
    """
    last_exchange = RefreshToken.objects.filter(session_id=OuterRef("pk"), exchanged_at__lte=now - REUSE_GRACE)
    ended, _ = Session.objects.filter(Exists(last_exchange), session_key=session_key).delete()
    if ended:
        logger.warning("A spent refresh token was used again: its session was ended.")
    return bool(ended)
