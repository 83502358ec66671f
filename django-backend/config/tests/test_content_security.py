"""Content-Security-Policy, and the way into the admin. That the pages work with it, test_browser.py shows."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from apps.users.testing.factories import PASSWORD, UserFactory
from config.environment import BACKEND_DIR

pytestmark = pytest.mark.django_db


def policy(path: str) -> dict[str, str]:
    """Return the directives of the answer at a path."""
    header = Client().get(path).headers["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in header.split(";"))


class TestPolicy:
    @pytest.mark.parametrize(
        "path", ["/", "/accounts/login/", "/api/v1/timezones/", "/api/docs/", "/admin/", "/livez", "/no/"]
    )
    def test_lets_no_script_of_the_page_itself_run(self, path: str) -> None:
        """A script that somebody types into a name or a note never runs."""
        found = policy(path)
        assert "unsafe-inline" not in found["script-src"]
        assert "*" not in " ".join(found.values())
        assert "http" not in " ".join(found.values())
        assert (found["default-src"], found["base-uri"], found["object-src"]) == ("'none'", "'none'", "'none'")
        assert found["form-action"] == "'self'"
        assert found["frame-ancestors"] in {"'none'", "'self'"}

    def test_is_narrowest_for_our_own_pages(self) -> None:
        found = policy("/accounts/login/")
        assert (found["script-src"], found["style-src"]) == ("'self'", "'self'")

    @pytest.mark.parametrize("path", ["/orders/x/", "/payment/process/", "/payment/canceled/"])
    def test_lets_the_pages_of_orders_lead_to_stripe(self, path: str) -> None:
        assert policy(path) == {**policy("/"), "form-action": "'self' https://checkout.stripe.com"}

    def test_is_wider_where_a_page_needs_it_and_only_there(self) -> None:
        """Alpine in the admin reads expressions from attributes; the system status brings its style along."""
        assert policy("/admin/")["script-src"] == "'self' 'unsafe-eval'"
        assert policy("/api/docs/")["script-src"] == "'self'"
        status = policy("/api/health-check/")
        assert "script-src" not in status
        assert status == policy("/api//health-check/")
        eval_allowed = [path for path, value in settings.CONTENT_SECURITY_POLICIES.items() if "unsafe-eval" in value]
        assert eval_allowed == [f"/{settings.ADMIN_URL}"]


def admin_paths(address: str) -> subprocess.CompletedProcess[str]:
    """Start a process with this ADMIN_URL; it prints where the admin is, and for which path its policy holds."""
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "from django.urls import reverse\n"
        "print(reverse('admin:index'), [*settings.CONTENT_SECURITY_POLICIES][-1])"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=BACKEND_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test", "ADMIN_URL": address},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestAdminAddress:
    @pytest.mark.parametrize("address", ["back/office/", "/back/office", "back/office"])
    def test_is_a_path_however_it_is_written(self, address: str) -> None:
        assert admin_paths(address).stdout.split() == ["/back/office/", "/back/office/"]

    def test_is_not_the_root(self) -> None:
        """There its policy, which allows `eval`, would hold for every page."""
        done = admin_paths("/")
        assert done.returncode != 0
        assert "Set ADMIN_URL to a path of its own" in done.stderr


class TestAdminLogin:
    def test_is_the_common_one(self) -> None:
        """The admin's own form, which has no limits, is not there: neither to see nor to post to."""
        login = reverse("admin:login")
        for answer in (Client().get(login), Client().post(login, {"username": "a@example.com", "password": "x"})):
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith(reverse("account_login"))
        assert Client().get("/admin/").status_code == 302

    def test_is_closed_after_five_wrong_passwords(self) -> None:
        """For the account, from whatever address; then even the right one is refused for a while."""
        user = UserFactory(superuser=True)
        page = reverse("account_login") + "?next=/admin/"

        def attempt(password: str, number: int) -> bytes:
            client = Client(headers={"X-Forwarded-For": f"198.51.100.{number}"})
            answer = client.post(page, {"login": user.email, "password": password})
            assert answer.status_code == (302 if answer.content == b"" else 200)
            return answer.content

        wrong = [attempt("Wrong-Seat-Section-7", number) for number in range(5)]
        assert all(wrong)
        assert re.search(rb"Too many failed login attempts", attempt(PASSWORD, 9))
        other = UserFactory(superuser=True)
        answer = Client().post(page, {"login": other.email, "password": PASSWORD})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
