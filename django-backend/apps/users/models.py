"""The user: one account for the API, the pages and the admin, with the e-mail address as login."""

from collections.abc import Iterable
from typing import Any, ClassVar

import pgtrigger
from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.common.folded_column import folded_column
from apps.common.ids import uuid7
from apps.common.model_fields import EmailLineField, LineField


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail; `createsuperuser` uses it."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user without any permission; the e-mail address is stored in lower case.

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
        """Create a user who may do everything; whoever runs the command vouches for the address, so it is verified.

        The admin uses the same login as everything else, which requires a verified address.
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
    """A person who can sign in; `holders.TicketHolder` has the rest of a seller."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = EmailLineField(
        "e-mail address", unique=True, error_messages={"unique": "A user with this e-mail address exists."}
    )
    first_name = LineField(max_length=150, blank=True)
    last_name = LineField(max_length=150, blank=True)
    folded = folded_column("first_name", "last_name", "email")
    is_staff = models.BooleanField("staff", default=False, help_text="May sign in to the admin.")
    is_active = models.BooleanField(
        "active", default=True, help_text="Switch off instead of deleting: history refers to this account."
    )
    deactivations = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="How often it was switched off; sessions and tokens of before stay dead.",
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
        triggers = [
            # However the account is switched off; writing an older number changes nothing.
            pgtrigger.Trigger(
                name="deactivations_counted",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("is_active", "deactivations"),
                func="NEW.deactivations = GREATEST(NEW.deactivations, OLD.deactivations)"
                " + (OLD.is_active AND NOT NEW.is_active)::int; RETURN NEW;",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @classmethod
    def known(cls, **values: Any) -> "User":
        """Return a user of whom this much is known; the first look at another field loads the row."""
        names = [field.attname for field in cls._meta.concrete_fields if field.attname in values]
        return cls.from_db(cls.objects.db, names, [values[name] for name in names])

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: "models.QuerySet[User] | None" = None,
    ) -> None:
        """Read fields again; of those that were not loaded, one brings the others along."""
        if fields is not None and (missing := self.get_deferred_fields()) & {*fields}:
            fields = {*fields} | missing
        super().refresh_from_db(using, fields, from_queryset)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new password also ends every pending change of address.

        An intruder may have requested one. Its link would outlive the password with which the owner has just locked
        them out, and would give them the account.
        """
        # Django's own mark of a password that was set and not saved yet; a rehash leaves none.
        if self._password is None or self._state.adding:  # type: ignore[attr-defined]
            super().save(*args, **kwargs)
            return
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)
            addresses = apps.get_model("account", "EmailAddress").objects.using(self._state.db)
            addresses.filter(user=self, verified=False, primary=False).delete()

    def clean(self) -> None:
        """Normalise the e-mail address before forms check that it is unique."""
        super().clean()
        self.email = self.email.lower()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # What every session and token must match. Django's own covers the password; without deactivations they agree.
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        state = f"{self.password}{self.deactivations or ''}"
        return salted_hmac(salt, state, secret=secret, algorithm="sha256").hexdigest()

    def check_password(self, raw_password: str | None) -> bool:
        """Compare a password; text that JSON can send but UTF-8 cannot encode matches none."""
        try:
            return super().check_password(raw_password)
        except UnicodeEncodeError:
            return False

    def get_full_name(self) -> str:
        """Return first and last name, or the e-mail address when there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.email


class RefreshToken(models.Model):
    """The only valid refresh token of a session; all earlier ones were exchanged for it."""

    # The database deletes the row with its session (migration 0002): Django would load the sessions to delete them.
    session = models.OneToOneField(
        "sessions.Session", on_delete=models.DO_NOTHING, db_constraint=False, primary_key=True, related_name="+"
    )
    token_id = models.UUIDField(help_text="`jti` of the token.")
    exchanged_at = models.DateTimeField(null=True, help_text="When the session got this token for another one.")

    def __str__(self) -> str:
        return str(self.token_id)
