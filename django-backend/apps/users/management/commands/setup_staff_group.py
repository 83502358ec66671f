"""`manage.py setup_staff_group`: make the staff group and give it the permissions of the settings."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.users.errors import UnknownPermission
from apps.users.services import staff_group_sync


class Command(BaseCommand):
    """Brings the group STAFF_GROUP_NAME to STAFF_GROUP_PERMISSIONS; a second run changes nothing."""

    help = "Create the staff group and give it exactly the permissions listed in STAFF_GROUP_PERMISSIONS."

    def handle(self, *args: Any, **options: Any) -> None:
        name: str = settings.STAFF_GROUP_NAME
        try:
            change = staff_group_sync(name=name, permissions=settings.STAFF_GROUP_PERMISSIONS)
        except UnknownPermission as error:
            raise CommandError(" ".join(detail.detail for detail in error.details)) from None
        for label in change.added:
            self.stdout.write(f"+ {label}")
        for label in change.removed:
            self.stdout.write(f"- {label}")
        state = "created" if change.created else "changed" if change.added or change.removed else "unchanged"
        count = len(settings.STAFF_GROUP_PERMISSIONS)
        self.stdout.write(self.style.SUCCESS(f"Group {name!r} {state}: {count} permissions."))
