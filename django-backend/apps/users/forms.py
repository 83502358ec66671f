"""Forms of the user admin."""

from typing import ClassVar

from unfold.forms import UserCreationForm

from apps.users.models import User


class UserAddForm(UserCreationForm):
    """A new account: address, names and password; roles are given afterwards, by a superuser."""

    class Meta:
        model = User
        fields = ("email", "first_name", "last_name")
        field_classes: ClassVar[dict[str, type]] = {}
