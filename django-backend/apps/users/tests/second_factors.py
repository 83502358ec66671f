"""People with a second factor, and their codes."""

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse

from apps.common.encryption import unseal
from apps.users.models import User
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory


@dataclass
class Person:
    """A user who has set up an authenticator app, through the API."""

    user: User
    secret: str
    recovery_codes: list[str]

    def code(self) -> str:
        """Return what the app shows now."""
        return format_hotp_value(hotp_value(self.secret, int(time.time()) // 30))

    def log_in(self, code: str) -> HttpResponse:
        """Log in with password and code; return the answer to the code."""
        client = self.at_the_second_step()
        return client.accounts("POST", "auth/2fa/authenticate", {"code": code})

    def at_the_second_step(self) -> AppClient:
        """Return a client that has sent the password, and not yet the code."""
        client = AppClient()
        answer = client.accounts("POST", "auth/login", {"email": self.user.email, "password": PASSWORD})
        assert answer.status_code == 401, answer.json()
        assert "mfa_authenticate" in [flow["id"] for flow in answer.json()["data"]["flows"]]
        client.credentials(HTTP_X_SESSION_TOKEN=answer.json()["meta"]["session_token"])
        return client


def person_with_second_factor(**fields: Any) -> Person:
    """Set up an authenticator app for a new user."""
    user = UserFactory(**fields)
    client = AppClient()
    client.log_in(user.email, PASSWORD)
    assert client.accounts("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    offered = client.accounts("GET", "account/authenticators/totp")
    assert offered.status_code == 404, "none yet; the answer offers one"
    person = Person(user, offered.json()["meta"]["secret"], [])
    for _ in range(2):  # the half minute of the first code may end before it is checked
        added = client.accounts("POST", "account/authenticators/totp", {"code": person.code()})
        if added.status_code == HTTPStatus.OK:
            break
    assert added.status_code == 200, added.json()
    shown = client.accounts("GET", "account/authenticators/recovery-codes").json()
    person.recovery_codes = shown["data"]["unused_codes"]
    cache.clear()
    return person


def stored() -> str:
    """Return what the table of second factors holds, as raw text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(data::text, ' '), '') FROM mfa_authenticator")
        return str(cursor.fetchone()[0])


def stored_in_the_clear(person: Person) -> None:
    """Put the person's secrets back to how they were stored before there was encryption."""
    for row in Authenticator.objects.filter(user=person.user):
        field = "secret" if row.type == Authenticator.Type.TOTP else "seed"
        row.data[field] = unseal(row.data[field])
        row.save()
