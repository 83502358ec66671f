"""Characters that nothing behind could work with."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
NUL_IN_A_COOKIE = 'sessionid="' + r"\000" * 32 + '"'


def test_nul_in_a_query_is_told_with_its_parameter(client: Client) -> None:
    answer = client.get("/api/v1/timezones/?a=1&b=%00&b=2")
    assert answer.status_code == 400
    assert answer.json() == {
        "type": "validation_error",
        "errors": [
            {"code": "null_characters_not_allowed", "detail": "Null characters are not allowed.", "attr": "b"},
        ],
    }


@pytest.mark.parametrize("path", ["/api/v1/me/", "/accounts/", "/admin/", "/mail/unsubscribe/x/", "/api/docs/"])
def test_nul_in_a_cookie_is_no_failure_of_ours(client: Client, path: str) -> None:
    """A quoted cookie may spell it, and the key of a session is looked up in the database."""
    assert client.get(path, headers={"Cookie": NUL_IN_A_COOKIE}).status_code == 400


def test_nul_in_a_path_is_refused(client: Client) -> None:
    assert client.get("/api/v1/listings/%00/").json()["errors"][0]["code"] == "parse_error"
    assert client.get("/accounts/confirm-email/%00/").status_code == 400


def test_what_only_looks_like_nul_passes(client: Client) -> None:
    assert client.get("/accounts/login/?next=%2500", headers={"Cookie": "a=%00"}).status_code == 200


@pytest.mark.parametrize("coding", ["utf-7", "punycode", "utf-16", "latin-1"])
@pytest.mark.parametrize("path", ["/api/v1/contact-us/", "/accounts/login/"])
def test_codings_but_utf_8_are_refused(client: Client, path: str, coding: str) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = client.generic("POST", f"{path}?q=%2B2AA-", b"x", f"{kind}; charset={coding}")
        assert answer.status_code == 400
        assert answer.headers["Content-Type"].startswith("application/json" if "/api/" in path else "text/html")
