"""The generator of test identities as its callers see it."""

import phonenumbers
import pytest
from faker.providers.address.en_US import Provider
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.response import Response
from rest_framework.test import APIClient

URL = "/api/v1/email-domains/generate_random_data_with_provided_domain_or_state/"
TOKEN = "a-token-of-its-own"


@pytest.fixture(autouse=True)
def _token(settings: Settings) -> None:
    settings.GENERATE_EMAILS_TOKEN = TOKEN


def post(body: object = None, authorization: str | None = f"Token {TOKEN}") -> Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return APIClient().post(URL, {} if body is None else body, headers=headers)


class TestToken:
    @pytest.mark.parametrize(
        ("authorization", "status", "code"),
        [
            (None, 400, "token_missing"),
            ("", 400, "token_missing"),
            (TOKEN, 400, "token_missing"),
            ("Token ", 400, "token_missing"),
            ("Token wrong", 403, "token_wrong"),
            (f"Token {TOKEN}x", 403, "token_wrong"),
            ("Token t\xf6ken", 403, "token_wrong"),
        ],
    )
    def test_is_required(self, authorization: str | None, status: int, code: str) -> None:
        """S3-24."""
        response = post(authorization=authorization)
        assert response.status_code == status
        error = response.json()["errors"][0]
        assert (error["code"], error["attr"]) == (code, "Authorization")

    @pytest.mark.parametrize("scheme", ["Token", "Bearer", "anything"])
    def test_comes_with_any_scheme(self, scheme: str) -> None:
        """S3-24."""
        assert post(authorization=f"{scheme} {TOKEN}").status_code == 201

    @pytest.mark.parametrize("unset", [None, ""])
    def test_unset_closes_the_generator(self, settings: Settings, unset: str | None) -> None:
        """S3-24."""
        settings.GENERATE_EMAILS_TOKEN = unset
        assert post(authorization="Token x").status_code == 403


class TestIdentity:
    def test_has_the_domain_and_the_state(self) -> None:
        """S3-25: names, address, mail at the domain; address and ZIP of the state."""
        identity = post({"domain": "Mail.Example.org", "state": "pa"}).json()
        low, high = Provider.states_postcode["PA"]
        assert identity["email"].endswith("@mail.example.org")
        assert identity["state"] == "PA"
        assert low <= int(identity["zip"]) <= high
        assert len(identity["zip"]) == 5
        assert phonenumbers.is_possible_number(phonenumbers.parse(identity["phone"]))
        assert {"first_name", "last_name", "address"} <= identity.keys()
        assert all(identity.values())

    @pytest.mark.parametrize("state", ["CT", "DC", "AK"])
    def test_zip_codes_are_of_the_state(self, state: str) -> None:
        low, high = Provider.states_postcode[state]
        assert all(low <= int(post({"state": state}).json()["zip"]) <= high for _ in range(20))

    def test_is_new_at_each_call(self) -> None:
        assert len({post({"domain": "example.org"}).json()["email"] for _ in range(50)}) == 50

    def test_needs_no_database(self, django_assert_num_queries: DjangoAssertNumQueries, db: None) -> None:
        with django_assert_num_queries(0):
            assert post().json()["email"].endswith("@example.com")

    @pytest.mark.parametrize(
        ("body", "attr"),
        [
            ({"state": "XX"}, "state"),
            ({"state": "Pennsylvania"}, "state"),
            ({"state": ""}, "state"),
            ({"domain": "not a domain"}, "domain"),
            ({"domain": "x@example.com"}, "domain"),
            ({"domain": "a." * 100 + "com"}, "domain"),
            ({"domain": 7}, "domain"),
        ],
    )
    def test_refuses_what_is_neither_domain_nor_state(self, body: dict[str, object], attr: str) -> None:
        """S3-25: an unknown state is the caller's error."""
        response = post(body)
        assert response.status_code == 400
        assert response.json()["errors"][0]["attr"] == attr

    def test_is_made_by_post_only(self) -> None:
        assert APIClient().get(URL, headers={"Authorization": f"Token {TOKEN}"}).status_code == 405
