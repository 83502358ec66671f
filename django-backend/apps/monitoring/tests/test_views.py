"""Who may read the health check, and in which forms it answers."""

import pytest
from django.test import Client
from pytest_django import Settings

TOKEN = "s3cret-token"
PATHS = ["/api/health-check/", "/api//health-check/"]


@pytest.fixture(autouse=True)
def _token(settings: Settings) -> None:
    settings.HEALTH_CHECK_TOKEN = TOKEN


@pytest.mark.django_db(transaction=True)
class TestSystemStatusView:
    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("header", [TOKEN, f"Bearer {TOKEN}"])
    def test_answers_the_token_bare_or_as_bearer(self, client: Client, path: str, header: str) -> None:
        """S3-30, S3-31: no worker runs in this test, so the answer is 500, but it is an answer."""
        response = client.get(path, {"format": "json"}, headers={"Authorization": header})
        assert response.status_code == 500
        assert list(response.json())[:3] == ["Database", "Cache", "Celery"]

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize(
        "header",
        [
            "",
            "wrong",
            TOKEN[:-1],
            TOKEN + "x",
            f"Token {TOKEN}",
            f"bearer {TOKEN}",
            f"Bearer Bearer {TOKEN}",
            "schlüssel",
            " ",
        ],
    )
    def test_refuses_anything_else(self, client: Client, path: str, header: str) -> None:
        """S3-31."""
        response = client.get(path, headers={"Authorization": header} if header else {})
        assert response.status_code == 403
        assert b"Database" not in response.content

    @pytest.mark.parametrize("configured", [None, ""])
    @pytest.mark.parametrize("header", [None, "", "None", "Bearer ", "health_check_token"])
    def test_is_closed_without_a_configured_token(
        self, client: Client, settings: Settings, configured: str | None, header: str | None
    ) -> None:
        """S3-21."""
        settings.HEALTH_CHECK_TOKEN = configured
        response = client.get(PATHS[0], headers={"Authorization": header} if header is not None else {})
        assert response.status_code == 403

    def test_tells_state_and_time_of_each_service_as_html(self, client: Client) -> None:
        """S3-33."""
        response = client.get(PATHS[0], headers={"Authorization": TOKEN, "Accept": "text/html"})
        assert response.headers["Content-Type"].startswith("text/html")
        page = response.content.decode()
        for text in ("Database", "Cache", "Celery", "Time Taken", "working", "Celery workers unavailable"):
            assert text in page

    @pytest.mark.parametrize("how", [{"query": {"format": "json"}}, {"accept": "application/json"}])
    def test_tells_state_and_time_of_each_service_as_json(self, client: Client, how: dict) -> None:
        """S3-33."""
        headers = {"Authorization": TOKEN, "Accept": how.get("accept", "*/*")}
        services = client.get(PATHS[0], how.get("query", {}), headers=headers).json()
        assert services["Database"]["status"] == services["Cache"]["status"] == "working"
        assert services["Celery"] == {
            "status": "failing",
            "detail": "Celery workers unavailable",
            "time_taken_seconds": services["Celery"]["time_taken_seconds"],
        } or services["Celery"]["detail"].endswith("Celery workers unavailable")
        assert all(service["time_taken_seconds"] >= 0 for service in services.values())

    def test_is_never_cached(self, client: Client) -> None:
        response = client.get(PATHS[0], headers={"Authorization": TOKEN})
        assert "no-store" in response.headers["Cache-Control"]

    def test_takes_no_other_method(self, client: Client) -> None:
        assert client.post(PATHS[0], headers={"Authorization": TOKEN}).status_code == 405


class TestLivez:
    def test_answers_without_token_and_database(self, client: Client) -> None:
        """No database mark: pytest-django would fail the test if the view asked the database."""
        response = client.get("/livez")
        assert (response.status_code, response.content) == (200, b"ok\n")

    def test_takes_reading_methods_only(self, client: Client) -> None:
        assert client.head("/livez").status_code == 200
        assert client.post("/livez").status_code == 405
