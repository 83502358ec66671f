"""The OpenAPI description and its page, as they are served."""

import json
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path

import pytest
import yaml
from django.core.cache import cache
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from pytest_django import Settings

from config.api_description import DescriptionView, served
from config.environment import BACKEND_DIR
from config.tests.deployed import production_variables

SCHEMA, DOCS = "/api/schema/", "/api/docs/"


FORMS = ["application/vnd.oai.openapi", "application/yaml", "application/vnd.oai.openapi+json", "application/json"]


@pytest.mark.django_db
class TestDescription:
    @pytest.fixture
    def new_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin as a process that has served nothing; generating the description fails the test."""

        def fail(*_args: object, **_kwargs: object) -> None:
            pytest.fail("The description was generated while a request waited.")

        monkeypatch.setattr(SchemaGenerator, "get_schema", fail)
        served.cache_clear()

    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.usefixtures("new_process")
    def test_is_not_generated_for_the_first_request(self, client: Client, form: str) -> None:
        answer = client.get(SCHEMA, headers={"Accept": form})
        assert answer["Content-Type"] == form
        loaded = json.loads(answer.content) if form.endswith("json") else yaml.safe_load(answer.content)
        assert loaded["paths"]

    @pytest.mark.usefixtures("new_process")
    def test_page_and_its_script_generate_nothing(self, client: Client) -> None:
        assert [client.get(address).status_code for address in (DOCS, f"{DOCS}?script=")] == [200, 200]

    def test_is_what_the_code_says_in_every_form(self, client: Client) -> None:
        generated = SchemaGenerator().get_schema(public=True)
        assert [one.media_type for one in DescriptionView.renderer_classes] == FORMS
        for renderer in DescriptionView.renderer_classes:
            answer = client.get(SCHEMA, headers={"Accept": renderer.media_type})
            assert answer.content == renderer().render(generated, renderer_context={}), "shell_scripts/lint.sh --fix"

    def test_depends_on_no_setting_of_a_deployment(self, client: Client, tmp_path: Path) -> None:
        """One file is served everywhere: this is what another stage with other values would generate."""
        other = {"BUSINESS_TOTAL_EXPENSES": "0.35", "ADMIN_ENABLED": "False", "PAYOUT_DAYS_AFTER_EVENT": "30"}
        limits = {"API_THROTTLE_ANON": "1/day", "SITE_URL": "https://www.example.com"}
        command = [sys.executable, "manage.py", "spectacular", "--file", str(tmp_path / "api.yaml")]
        variables = production_variables() | other | limits
        done = subprocess.run(command, check=False, cwd=BACKEND_DIR, env=variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "api.yaml").read_bytes() == client.get(SCHEMA).content

    def test_has_a_form_by_parameter_and_a_tag_for_each(self, client: Client) -> None:
        as_yaml, as_json = client.get(SCHEMA), client.get(SCHEMA, {"format": "json"})
        assert as_yaml["Content-Type"] == "application/vnd.oai.openapi"
        assert as_json["Content-Type"] == "application/vnd.oai.openapi+json"
        assert client.head(SCHEMA)["ETag"] == as_yaml["ETag"] != as_json["ETag"]
        assert client.get(SCHEMA, headers={"Accept": "image/png"}).status_code == 406

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
