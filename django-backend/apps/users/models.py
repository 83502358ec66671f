"""The user: one account for the API, the pages and the admin, with the e-mail address as login."""

from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from apps.common.folded_column import folded_column
from apps.common.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail; `createsuperuser` uses it."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user without any right; the e-mail address is stored in lower case.

        Raises:
            ValueError: the e-mail address is empty.
        """
        if not email:
            raise ValueError("an e-mail address is required")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who may do everything; who types the command vouches for the address, so it counts as verified.

        The admin is entered by the same login as everything else, and that lets only verified addresses in.
        """
        with transaction.atomic(using=self._db):
            user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
            addresses = apps.get_model("account", "EmailAddress").objects.using(self._db)
            addresses.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user by e-mail whatever its case."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who can sign in. What a seller is beyond that stands in `holders.TicketHolder`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(
        "e-mail address", unique=True, error_messages={"unique": "A user with this e-mail address exists."}
    )
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    folded = folded_column("first_name", "last_name", "email")
    is_staff = models.BooleanField("staff", default=False, help_text="May sign in to the admin.")
    is_active = models.BooleanField(
        "active", default=True, help_text="Switch off instead of deleting: history refers to this account."
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            # One spelling of an address: the unique index then means one account per person.
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case")
        ]

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new password also ends every change of address that is under way.

        Who had got into the account may have asked for one. Its link would outlive the password by which the owner has
        just thrown them out, and would hand them the account.
        """
        # Django's own mark of a password that was set and not saved yet; a hash that is only renewed leaves none.
        if self._password is None or self._state.adding:  # type: ignore[attr-defined]
            super().save(*args, **kwargs)
            return
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)
            addresses = apps.get_model("account", "EmailAddress").objects.using(self._state.db)
            addresses.filter(user=self, verified=False, primary=False).delete()

    def clean(self) -> None:
        """Bring the e-mail address to its one spelling before forms check that it is unique."""
        super().clean()
        self.email = self.email.lower()

    def check_password(self, raw_password: str | None) -> bool:
        """Compare a password; JSON can spell text that has no encoding, and that is nobody's password."""
        try:
            return super().check_password(raw_password)
        except UnicodeEncodeError:
            return False

    def get_full_name(self) -> str:
        """Return first and last name, or the e-mail address when there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.email
