"""Requests with an access token, here or in another process, and all that ends a login."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.contrib.auth.management.commands import changepassword
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.testing.html_forms import save
from apps.users.models import User
from apps.users.testing.clients import AppClient, BrowserClient
from apps.users.testing.factories import PASSWORD, UserFactory

ANOTHER = "Another-Row-7"
LEAGUES = "/api/v1/leagues/"
_CHILD = """
import json, sys
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from apps.users.tests import logins
print("ready", flush=True)
for line in sys.stdin:
    name, *arguments = json.loads(line)
    print(json.dumps(getattr(logins, name)(*arguments)), flush=True)
"""


def status_of(token: str, path: str = LEAGUES) -> int:
    """Return the status of a request with this access token."""
    client = AppClient()
    client.use_token(token)
    return int(client.get(path).status_code)


def is_repeated(token: str) -> bool:
    """Return whether Redis answers for PostgreSQL in a request that succeeds."""
    with CaptureQueriesContext(connection) as queries:
        assert status_of(token) == 200
    return not any("django_session" in query["sql"] for query in queries)


def repeated_login(user: User) -> AppClient:
    """Log in until Redis repeats the login; return the client, whose `tokens` are those of the login."""
    client = AppClient()
    client.tokens = client.log_in(user.email, PASSWORD)
    assert status_of(client.tokens["access_token"]) == 200
    assert is_repeated(client.tokens["access_token"])
    return client


def log_out(token: str) -> None:
    client = AppClient()
    client.use_token(token)
    assert client.accounts("DELETE", "auth/session").json()["errors"][0]["code"] == "logged_out"


def log_out_on_the_page(token: str) -> None:
    """The session of a token opens the pages, too."""
    from allauth.headless.tokens.strategies.jwt import internal

    payload = internal.decode_token(token, "access")
    assert payload is not None
    browser = BrowserClient()
    browser.cookies["sessionid"] = internal.session_key_from_sid(payload["sid"])
    assert browser.post("/accounts/logout/").status_code == 302


def change_password(token: str) -> None:
    client = AppClient()
    client.use_token(token)
    assert client.accounts("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    body = {"current_password": PASSWORD, "new_password": ANOTHER}
    assert client.accounts("POST", "account/password/change", body).status_code == 200


def _owner(token: str) -> User:
    from allauth.headless.tokens.strategies.jwt import internal

    payload = internal.decode_token(token, "access")
    assert payload is not None
    return User.objects.get(pk=payload["sub"])


def password_by_staff(token: str) -> None:
    browser = BrowserClient()
    browser.force_login(UserFactory(superuser=True))
    body = {"password1": ANOTHER, "password2": ANOTHER, "usable_password": "true"}
    assert browser.post(f"/admin/users/user/{_owner(token).pk}/password/", body).status_code == 302


def password_by_command(token: str) -> None:
    with patch.object(changepassword.Command, "_get_pass", lambda *_: ANOTHER):
        call_command("changepassword", _owner(token).email, stdout=io.StringIO())


def deactivation_in_the_admin(token: str) -> None:
    browser = BrowserClient()
    browser.force_login(UserFactory(superuser=True))
    assert save(browser, f"/admin/users/user/{_owner(token).pk}/change/", {"is_active": None}).status_code == 302


def deactivation_by_code(token: str) -> None:
    user = _owner(token)
    user.is_active = False
    user.save(update_fields=["is_active"])


def off_and_on_again(token: str) -> None:
    for active in (False, True):
        user = _owner(token)
        user.is_active = active
        user.save()


def deletion(token: str) -> None:
    User.objects.filter(pk=_owner(token).pk).delete()


ENDS: list[Callable[[str], None]] = [
    log_out,
    log_out_on_the_page,
    change_password,
    password_by_staff,
    password_by_command,
    deactivation_in_the_admin,
    deactivation_by_code,
    off_and_on_again,
    deletion,
]


@contextmanager
def another_process() -> Iterator[Callable[..., Any]]:
    """Yield what calls a function of this module, by name, in another process on the same servers."""
    command = [sys.executable, "-c", _CHILD, connection.settings_dict["NAME"]]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

        def call(name: str, *arguments: object) -> Any:
            print(json.dumps([name, *arguments]), file=process.stdin, flush=True)
            return json.loads(process.stdout.readline())

        try:
            yield call
        finally:
            process.stdin.close()
            process.wait(60)
