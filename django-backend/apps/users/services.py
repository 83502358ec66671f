"""Use cases around users."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from apps.common.encryption import NoKeyOpens, is_sealed_as_configured, seal, unseal
from apps.common.errors import ErrorDetail
from apps.users.errors import UnknownPermission
from apps.users.locks import second_factors_locked

BATCH: Final = 200
# Where allauth keeps them in `Authenticator.data`; the last is a list.
SECRET_FIELDS: Final = ("secret", "seed", "migrated_codes")


@dataclass(frozen=True)
class StaffGroupChange:
    """What a call of `staff_group_sync` did; permission names are `app.codename`, sorted."""

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
    """What `second_factors_seal` found: how many it wrote anew, how many were right, the ids that no key opens."""

    rewritten: int
    unchanged: int
    unreadable: tuple[int, ...]


def second_factors_seal(*, dry_run: bool = False) -> SecondFactorsSealed:
    """Store every second factor as DATA_ENCRYPTION_KEYS says now: by its first key, or unencrypted.

    It works in batches, each a transaction; stopped half way, it is run again. What no key opens stays as it is.
    With `dry_run` nothing is written. Two queries a batch of 200, and one for each row that changes.
    """
    rewritten, unchanged, unreadable, last_id = 0, 0, [], 0
    while True:
        with transaction.atomic():
            rows = second_factors_locked(after_id=last_id, limit=BATCH)
            for row in rows:
                try:
                    changes = _sealed_anew(row.data)
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


def _sealed_anew(data: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a second factor that are to be stored otherwise, as they are to be stored."""
    changes: dict[str, Any] = {}
    for field in SECRET_FIELDS:
        stored = data.get(field)
        texts = stored if isinstance(stored, list) else [stored] if stored else []
        if all(is_sealed_as_configured(text) for text in texts):
            continue
        anew = [seal(unseal(text)) for text in texts]
        changes[field] = anew if isinstance(stored, list) else anew[0]
    return changes
