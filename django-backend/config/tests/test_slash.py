"""Addresses without the slash at their end: reading leads on, writing says where to go, accounts take both."""

import pytest
from django.test import Client
from pytest_django import Settings

from config.tests.routes import METHODS, all_routes

WRITING = [method for method in METHODS if method != "get"]


@pytest.fixture(params=[False, True], ids=["production", "debug"])
def debug(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Both ways in which the product runs: Django's own answer to a forgotten slash was a 500 page in debug."""
    settings.DEBUG = request.param


def addresses() -> list[str]:
    """Return every address that ends in a slash, names in it filled in; those of accounts have a form without one."""
    paths = {route.path.replace("<pk>", "x").replace("<token>", "x") for route in all_routes()}
    return sorted(
        path
        for path in paths
        if path.endswith("/") and len(path) > 1 and "<" not in path and path.removesuffix("/") not in paths
    )


@pytest.mark.django_db
class TestForgottenSlash:
    def test_of_a_request_that_writes_is_answered_with_the_address(
        self, client: Client, debug: None, settings: Settings
    ) -> None:
        """`POST /api/v1/listings` was redirected, clients sent GET, and 200 with a list looked like success."""
        paths = addresses()
        assert len(paths) > 60
        assert {"/api/v1/listings/", "/api/slack/commands/", "/accounts/login/", "/api//health-check/"} <= set(paths)
        # A debug page for each would take a while, and all addresses take the same way.
        for path in paths[::20] if settings.DEBUG else paths:
            for method in WRITING if path.startswith("/api/") else ["post"]:
                answer = getattr(client, method)(path.removesuffix("/"), {}, "application/json")
                if answer.status_code == 302 and path.startswith("/admin/"):
                    continue  # without signing in nobody learns what exists
                assert (answer.status_code, answer["Content-Type"]) == (404, "application/json"), (method, path)
                [error] = answer.json()["errors"]
                assert (error["code"], f"Did you mean {path} " in error["detail"]) == ("not_found", True), path
                assert int(answer["Content-Length"]) == len(answer.content)

    def test_of_a_request_that_reads_leads_on_with_its_parameters(self, client: Client, debug: None) -> None:
        for method in ("get", "head", "options"):
            answer = getattr(client, method)("/api/v1/listings?status=listed&status=sold")
            assert (answer.status_code, answer["Location"]) == (301, "/api/v1/listings/?status=listed&status=sold")

    def test_is_not_what_is_wrong_with_an_address_that_is_not_there(self, client: Client) -> None:
        for path in ("/api/v1/listing", "/api/v1/listing/", "/api/v1/listings//", "//api/v1/listings/"):
            [error] = client.post(path).json()["errors"] if path.startswith("/api") else [{"detail": ""}]
            assert "Did you mean" not in error["detail"]
            assert client.post(path).status_code == 404

    def test_in_the_admin_loses_nothing_either(self, admin_client: Client, debug: None) -> None:
        answer = admin_client.post("/admin/orders/sale/add")
        assert answer.status_code == 404
        assert "/admin/orders/sale/add/" in answer.json()["errors"][0]["detail"]


class TestHttp:
    @pytest.mark.parametrize(("method", "status"), [("get", 301), ("head", 301), *((one, 308) for one in WRITING)])
    def test_leads_to_https_with_the_method_that_was_used(
        self, client: Client, settings: Settings, method: str, status: int
    ) -> None:
        settings.SECURE_SSL_REDIRECT = True
        answer = getattr(client, method)("/api/v1/listings/?page_size=1")
        assert (answer.status_code, answer["Location"]) == (status, "https://testserver/api/v1/listings/?page_size=1")


@pytest.mark.django_db
class TestAccounts:
    def test_take_both_forms(self, client: Client, debug: None) -> None:
        """They have no slash, everything else has one: who gets it wrong means the same."""
        paths = {route.path for route in all_routes() if route.path.startswith("/api/v1/accounts/")}
        plain = sorted(path for path in paths if not path.endswith("/") and "<" not in path)
        assert len(plain) > 15
        for path in plain:
            for method in ("get", *WRITING):
                first, second = (
                    getattr(client, method)(address, {} if method == "get" else "{}", "application/json")
                    if method != "get"
                    else client.get(address)
                    for address in (path, f"{path}/")
                )
                assert (first.status_code, first["Content-Type"]) == (second.status_code, second["Content-Type"]), path
                assert second.status_code < 500
