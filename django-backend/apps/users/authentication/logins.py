"""The login of an access token: from Redis while nothing has changed, otherwise from PostgreSQL."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from allauth.headless.tokens.strategies.jwt import internal
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Subquery
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.common.cache import RECORD_SECONDS
from apps.common.records import record_keep, record_of
from apps.common.replica import write_flag
from apps.common.sessions import SessionStore, session_source
from apps.users.models import User
from apps.users.services import login_source

_STAFF: Final = b"staff"
_NO_STAFF: Final = b"-"


class KnownLogin(NamedTuple):
    """The user, the new value of the counter if Redis counted the request, and whether they may just have written."""

    user: User
    number: int | None = None
    wrote: bool = True


class OpenLogin(NamedTuple):
    """The user, and when the session ends unless it is prolonged."""

    user: User
    ends: datetime


def known_login(*, user_id: str, sid: str, counter: str | None) -> KnownLogin | None:
    """Return the login of an access token; None when the session is over or the account is switched off.

    Fields of the user that Redis does not repeat are loaded when they are read.
    """
    session = session_source(str(internal.session_key_from_sid(sid)))
    sources = (session, login_source(user_id))
    record = record_of(f"login:{session}", sources, counter=counter, flag=write_flag(user_id))
    if record and record.value:
        user = User.known(id=UUID(user_id), is_active=True, is_staff=record.value == _STAFF)
        return KnownLogin(user, record.number, record.flagged != 0)
    login = open_login(user_id=user_id, sid=sid)
    if login is None:
        return None
    if record and login.ends > timezone.now() + timedelta(seconds=RECORD_SECONDS):
        record_keep(record, _STAFF if login.user.is_staff else _NO_STAFF)
    return KnownLogin(login.user)


def open_login(*, user_id: str, sid: str) -> OpenLogin | None:
    """Return the login of a token as the database knows it, in one query.

    Allauth queries session and user one after the other.
    """
    session = Session.objects.filter(pk=internal.session_key_from_sid(sid), expire_date__gt=timezone.now())
    users = User.objects.filter(pk=user_id, is_active=True)
    data, ends = Subquery(session.values("session_data")), Subquery(session.values("expire_date"))
    for user in users.annotate(session_data=data, session_ends=ends):
        known = SessionStore().decode(user.session_data) if user.session_data else {}
        is_theirs = known.get(SESSION_KEY) == user_id
        if is_theirs and constant_time_compare(known.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
            return OpenLogin(user, user.session_ends)
    return None
