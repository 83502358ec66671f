"""The addresses of the product, as one table, and who is let in."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import resolve
from pytest_django import Settings

from config.environment import PROJECT_DIR

# address, methods that do something, status for a GET by nobody
ROUTES = [
    ("/api/v1/accounts/app/v1/auth/signup", "POST", None),
    ("/api/v1/accounts/app/v1/auth/email/verify", "GET POST", None),
    ("/api/v1/accounts/app/v1/auth/login", "POST", None),
    ("/api/v1/accounts/app/v1/auth/session", "GET DELETE", 401),
    ("/api/v1/accounts/app/v1/auth/password/request", "POST", None),
    ("/api/v1/accounts/app/v1/auth/password/reset", "GET POST", None),
    ("/api/v1/accounts/app/v1/account/email", "GET POST PUT PATCH DELETE", 401),
    ("/api/v1/accounts/app/v1/tokens/refresh", "POST", None),
    ("/api/v1/me/", "GET PATCH", 401),
    ("/api/v1/leagues/", "GET", 401),
    ("/api/v1/seasons/", "GET", 401),
    ("/api/v1/teams/", "GET", 401),
    ("/api/v1/venues/", "GET", 401),
    ("/api/v1/events/", "GET", 401),
    ("/api/v1/timezones/", "GET", 200),
    ("/api/v1/season-tickets/", "GET POST", 401),
    ("/api/v1/listings/", "GET POST", 401),
    ("/api/v1/listings/csv/", "GET POST", 401),
    ("/api/v1/listings/csv/template/", "GET", 401),
    ("/api/v1/payout-preview/", "GET", 401),
    ("/api/v1/sales/", "GET", 401),
    ("/api/v1/marketplaces/", "GET", 401),
    ("/api/v1/market/events/", "GET", 200),
    ("/api/v1/notifications/", "GET", 401),
    ("/api/v1/notifications/counts/", "GET", 401),
    ("/api/v1/notifications/read/", "POST", 401),
    ("/api/v1/notifications/preferences/", "GET PATCH", 401),
    ("/api/v1/staff/sales/", "GET POST", 401),
    ("/api/v1/statements/", "GET", 401),
    ("/api/v1/staff/statements/", "GET", 401),
    ("/api/v1/staff/sales/void/", "POST", 401),
    ("/api/v1/email-domains/generate_random_data_with_provided_domain_or_state/", "POST", None),
    ("/api/v1/contact-us/", "POST", None),
    ("/api/schema/", "GET", 200),
    ("/api/docs/", "GET", 200),
    ("/api/health-check/", "GET", 403),
    ("/api//health-check/", "GET", 403),
    ("/api/metrics/", "GET", 403),
    ("/livez", "GET", 200),
    ("/", "GET", 200),
    ("/docs/", "GET", 302),
    ("/api/", "GET", 302),
    ("/mail/unsubscribe/token/", "GET POST", 404),
    ("/accounts/signup/", "GET POST", 200),
    ("/accounts/login/", "GET POST", 200),
    ("/admin/", "GET", 302),
]


class TestRoutes:
    @pytest.mark.parametrize("path", [route[0] for route in ROUTES])
    def test_each_address_is_there(self, path: str) -> None:
        """S3-30, S3-49: what a front end of the original found is found here."""
        assert resolve(path)

    def test_addresses_of_the_original_lead_somewhere(self) -> None:
        """S3-49: every address that the page for people coming from there names is there, and in the schema."""
        page = (PROJECT_DIR / "docs" / "api.md").read_text(encoding="utf-8")
        schema = (PROJECT_DIR / "docs" / "openapi.yaml").read_text(encoding="utf-8")
        named = re.findall(r"`[A-Z]+ (/api/[^`]+)`", page)
        assert len(named) > 18
        for path in named:
            assert resolve(path.replace("{id}", str(uuid4()))), path
            assert f"  {path}:\n" in schema or path == "/api/docs/", path

    @pytest.mark.django_db
    @pytest.mark.parametrize(("path", "status"), [(route[0], route[2]) for route in ROUTES if route[2]])
    def test_lets_nobody_in_unasked(self, client: Client, path: str, status: int) -> None:
        assert client.get(path).status_code == status

    def test_our_api_stands_in_the_committed_schema(self) -> None:
        """S3-49: the schema names every address below /api/v1/ with its methods."""
        schema = (PROJECT_DIR / "docs" / "openapi.yaml").read_text(encoding="utf-8")
        for path, _, _ in ROUTES:
            if path.startswith("/api/v1/"):
                assert f"  {path}:\n" in schema, path


class TestReadme:
    @pytest.mark.parametrize(
        "name",
        [
            "ROLLBAR_ACCESS_TOKEN",
            "CELERY_AGGREGATED_SLACK_NOTIFICATION_COUNTDOWN",
            "STT_NOTIFICATIONS_BOT_API_TOKEN",
            "STT_NOTIFICATIONS_CHANNEL_ID",
            "STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID",
            "HEALTH_CHECK_TOKEN",
            "BUSINESS_TOTAL_EXPENSES",
            "GENERATE_EMAILS_TOKEN",
            "GITHUB_ACCESS_TOKEN",
        ],
    )
    def test_explains_the_variables_that_the_business_knows(self, name: str) -> None:
        """S3-58."""
        assert f"| `{name}` | " in (PROJECT_DIR / "README.md").read_text(encoding="utf-8")

    def test_shows_the_health_check(self) -> None:
        """S3-35."""
        picture = PROJECT_DIR / "docs" / "system_status_check.png"
        assert picture.read_bytes().startswith(b"\x89PNG\r\n")
        assert "](docs/system_status_check.png)" in (PROJECT_DIR / "README.md").read_text(encoding="utf-8")

    def test_leads_to_the_way_of_getting_events(self) -> None:
        """S3-40."""
        assert "](docs/get_events_data.md)" in (PROJECT_DIR / "README.md").read_text(encoding="utf-8")
        text = (PROJECT_DIR / "docs" / "get_events_data.md").read_text(encoding="utf-8")
        for word in ("SkyBox", "Postman", "MLB", "MLS", "NBA", "NFL", "NHL"):
            assert word in text


@pytest.mark.django_db
class TestNoSuchAddress:
    @pytest.mark.parametrize("debug", [False, True])
    @pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
    @pytest.mark.parametrize("path", ["/api/v1/listing/", "/api/v1/listing", "/api/nowhere/", "/api/v1/accounts/no"])
    def test_is_an_error_of_the_api_below_api(
        self, client: Client, settings: Settings, path: str, method: str, debug: bool
    ) -> None:
        """A program that mistypes an address gets what it can read, and no debug page."""
        settings.DEBUG = debug
        answer = getattr(client, method)(path, headers={"Accept": "text/html"})
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
        assert int(answer["Content-Length"]) == len(answer.content)
        assert answer.json() == {
            "type": "client_error",
            "errors": [{"code": "not_found", "detail": "There is no such address.", "attr": None}],
        }

    @pytest.mark.parametrize("debug", [False, True])
    def test_is_a_page_elsewhere(self, client: Client, settings: Settings, debug: bool) -> None:
        settings.DEBUG = debug
        answer = client.get("/nowhere/")
        assert answer.status_code == 404
        assert answer["Content-Type"].startswith("text/html")
