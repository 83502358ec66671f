"""Forms of the user admin."""

from typing import Any, ClassVar

from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from apps.users.models import User


class UserAddForm(UserCreationForm):
    """A new account: address, names and password; roles are given afterwards, by a superuser."""

    class Meta:
        model = User
        fields = ("email", "first_name", "last_name")
        field_classes: ClassVar[dict[str, type]] = {}


class PasswordSetForm(AdminPasswordChangeForm):
    """A new password for an account, or none; it writes no other column, which may have changed meanwhile."""

    def save(self, commit: bool = True) -> Any:
        """Set the password, or take it away."""
        user = super().save(commit=False)
        if commit:
            user.save(update_fields=["password"])
        return user
