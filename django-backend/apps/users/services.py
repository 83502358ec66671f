"""Use cases around users."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from apps.common.errors import ErrorDetail
from apps.users.errors import UnknownPermission


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
