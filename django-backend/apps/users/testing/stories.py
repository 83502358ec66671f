"""People of the house, for tests."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from apps.common.testing.clients import api_of, browser_of
from apps.users.models import User
from apps.users.testing.factories import UserFactory


def staff_member(*rights: str, **fields: Any) -> User:
    """Return a member of staff with exactly these permissions, each named by its codename."""
    user = UserFactory(staff=True, **fields)
    permit(user, *rights)
    return user


def staff_browser(*rights: str) -> Client:
    """Return a browser in which a member of staff with these permissions is signed in."""
    return browser_of(staff_member(*rights))


def staff_api(*rights: str) -> APIClient:
    """Return a client of the API that is signed in as a member of staff with these permissions."""
    return api_of(staff_member(*rights))


def permit(user: User, *rights: str) -> None:
    """Give a user these permissions instead of those it has."""
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))


def staff_group_member() -> User:
    """Return a member of staff who may do what the staff group may, and nothing else."""
    call_command("setup_staff_group", verbosity=0)
    user: User = UserFactory(staff=True)
    user.groups.add(Group.objects.get(name=settings.STAFF_GROUP_NAME))
    return user


def superuser() -> User:
    """Return somebody who may do everything."""
    return UserFactory(superuser=True)
