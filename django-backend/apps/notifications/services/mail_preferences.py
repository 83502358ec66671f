"""Which kinds of mail people get: their own choice, through the API or the link in a mail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from apps.notifications.enums import NoticeKind
from apps.notifications.errors import MailLinkInvalid
from apps.notifications.models import MailOptOut

_SIGNER: Final = "notifications.mail_preferences"


@transaction.atomic
def mail_preferences_update(*, user_id: UUID, wanted: Mapping[NoticeKind, bool], now: datetime) -> None:
    """Switch kinds of mail on and off; other kinds stay as they are."""
    own = MailOptOut.objects.filter(user=user_id)
    if on := [kind for kind, is_wanted in wanted.items() if is_wanted]:
        own.filter(kind__in=on).delete()
    if off := [kind for kind, is_wanted in wanted.items() if not is_wanted]:
        rows = [MailOptOut(user_id=user_id, kind=kind, created_at=now) for kind in off]
        # Two requests at once may both switch a kind off.
        MailOptOut.objects.bulk_create(rows, ignore_conflicts=True)


def unsubscribe_url(*, user_id: UUID, kind: NoticeKind) -> str:
    """Return the address at which this user switches this kind off without signing in; it never expires."""
    return settings.SITE_URL + reverse("mail_unsubscribe", args=[mail_token(user_id=user_id, kind=kind)])


def mail_token(*, user_id: UUID, kind: NoticeKind) -> str:
    """Return the signed text that names user and kind, and no address."""
    return Signer(salt=_SIGNER).sign_object([str(user_id), str(kind)], compress=False)


def mail_token_read(*, token: str) -> NoticeKind:
    """Return the kind that a link is about; nothing is changed or read.

    Raises:
        MailLinkInvalid: it was not signed by us.
    """
    return _read(token)[1]


@transaction.atomic
def mail_token_use(*, token: str, is_wanted: bool, now: datetime) -> NoticeKind:
    """Switch the kind of a link off, or on again; doing it twice changes nothing more. Return the kind.

    Raises:
        MailLinkInvalid: it was not signed by us, or its user is gone.
    """
    user_id, kind = _read(token)
    if not get_user_model().objects.filter(id=user_id).exists():
        raise MailLinkInvalid
    mail_preferences_update(user_id=user_id, wanted={kind: is_wanted}, now=now)
    return kind


def _read(token: str) -> tuple[UUID, NoticeKind]:
    try:
        user_id, kind = Signer(salt=_SIGNER).unsign_object(token)
        return UUID(user_id), NoticeKind(kind)
    except (BadSignature, ValueError, TypeError, AttributeError):  # signed, but in a former format or for a former kind
        raise MailLinkInvalid from None
