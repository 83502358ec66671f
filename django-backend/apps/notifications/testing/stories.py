"""People who get messages, for tests; the app of users stands beside this one, so its stories are out of reach."""

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Permission


def person(name: str = "pat", **fields: object) -> AbstractBaseUser:
    """Return somebody with the address `name@example.com`."""
    user: AbstractBaseUser = get_user_model().objects.create_user(f"{name}@example.com", **fields)
    return user


def staff_member(*rights: str) -> AbstractBaseUser:
    """Return a member of staff with exactly these permissions, each named by its codename."""
    user = get_user_model().objects.create_user("clerk@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user
