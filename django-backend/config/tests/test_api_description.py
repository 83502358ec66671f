"""The OpenAPI description and its page, as they are served."""

import json
from http import HTTPStatus

import pytest
import yaml
from django.core.cache import cache
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from pytest_django import Settings

from config import api_description

SCHEMA, DOCS = "/api/schema/", "/api/docs/"


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Begin as a process that has built nothing; get an entry for each time that the description is generated."""
    seen: list[bool] = []
    generate = SchemaGenerator.get_schema

    def counted(self: SchemaGenerator, request: object = None, public: bool = False) -> dict[str, object]:
        seen.append(public)
        return generate(self, request=request, public=public)

    monkeypatch.setattr(SchemaGenerator, "get_schema", counted)
    api_description._document.cache_clear()
    api_description._rendered.cache_clear()
    return seen


@pytest.mark.django_db
class TestDescription:
    def test_is_built_once_for_all_forms(self, client: Client, builds: list[bool]) -> None:
        yaml_answer, json_answer = client.get(SCHEMA), client.get(SCHEMA, {"format": "json"})
        assert yaml_answer["Content-Type"].startswith("application/vnd.oai.openapi")
        assert json.loads(json_answer.content) == yaml.safe_load(yaml_answer.content)
        by_header = client.get(SCHEMA, headers={"Accept": "application/json"})
        assert by_header["Content-Type"] == "application/json"
        assert client.head(SCHEMA)["ETag"] == yaml_answer["ETag"] != json_answer["ETag"]
        assert builds == [True]

    def test_is_not_sent_to_who_has_it(self, client: Client) -> None:
        for parameters in ({}, {"format": "json"}):
            first = client.get(SCHEMA, parameters)
            again = client.get(SCHEMA, parameters, headers={"If-None-Match": first["ETag"]})
            assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")
            assert client.get(SCHEMA, parameters, headers={"If-None-Match": '"other"'}).status_code == 200
            assert "Accept" in first["Vary"]

    def test_has_errors_in_json(self, client: Client) -> None:
        answer = client.get(SCHEMA, {"fromat": "json"})
        assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "fromat")

    def test_page_may_be_linked_with_parameters_of_a_campaign(self, client: Client) -> None:
        assert client.get(DOCS, {"utm_source": "mail"}).status_code == 200


@pytest.mark.django_db
class TestLimit:
    def test_of_the_page_is_its_own(self, client: Client, settings: Settings) -> None:
        """A look at the page is three requests: five of them used up an hour of the API without an account."""
        cache.clear()
        settings.API_THROTTLES = {"anon": (1, 3_600), "user": (1, 3_600)}
        settings.DOCS_THROTTLES = {"anon": (6, 3_600), "user": (6, 3_600)}
        look = (DOCS, f"{DOCS}?script=", SCHEMA)
        assert [client.get(path).status_code for path in look * 2] == [200] * 6
        assert client.get("/api/v1/timezones/").status_code == 200
        assert client.get(DOCS).status_code == 429
