"""Whose login an access token belongs to: from Redis while nothing has changed, else from PostgreSQL."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from allauth.headless.tokens.strategies.jwt import internal
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Subquery
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.common.cache import RECORD_SECONDS
from apps.common.records import record_keep, record_of
from apps.common.sessions import SessionStore, session_source
from apps.users.models import User
from apps.users.services import login_source

_STAFF: Final = b"staff"
_NO_STAFF: Final = b"-"


def login_user(*, user_id: str, sid: str) -> User | None:
    """Return the user of an access token; None when the session is over or the account is switched off.

    What Redis does not repeat about the user is loaded when it is read.
    """
    session = session_source(str(internal.session_key_from_sid(sid)))
    record = record_of(f"login:{session}", (session, login_source(user_id)))
    if record and record.value:
        return User.known(id=UUID(user_id), is_active=True, is_staff=record.value == _STAFF)
    user = session_user(user_id=user_id, sid=sid)
    if record and user and user.session_ends > timezone.now() + timedelta(seconds=RECORD_SECONDS):
        record_keep(record, _STAFF if user.is_staff else _NO_STAFF)
    return user


def session_user(*, user_id: str, sid: str) -> User | None:
    """Return the user of a token as the database knows them, in one query.

    Allauth queries session and user one after the other.
    """
    open_session = Session.objects.filter(pk=internal.session_key_from_sid(sid), expire_date__gt=timezone.now())
    users = User.objects.filter(pk=user_id, is_active=True).annotate(
        session_data=Subquery(open_session.values("session_data")),
        session_ends=Subquery(open_session.values("expire_date")),
    )
    for user in users:
        known = SessionStore().decode(user.session_data) if user.session_data else {}
        is_theirs = known.get(SESSION_KEY) == user_id
        if is_theirs and constant_time_compare(known.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
            return user
    return None
