"""The account endpoints in the API description."""

import json

import pytest
from rest_framework.test import APIClient


@pytest.fixture(scope="module")
def schema() -> dict:
    return APIClient().get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()


class TestSchema:
    def test_describes_sign_up_with_our_fields(self, schema):
        """S3-49: the whole account API is in the one description."""
        signup = schema["components"]["schemas"]["AccountSignupRequest"]
        assert signup["required"] == ["first_name", "last_name", "email", "password"]
        assert signup["properties"]["is_card_interest"]["type"] == "boolean"
        assert "post" in schema["paths"]["/api/v1/accounts/app/v1/auth/signup"]
        assert "post" in schema["paths"]["/api/v1/accounts/app/v1/tokens/refresh"]

    def test_leaves_out_what_is_not_offered(self, schema):
        assert not [path for path in schema["paths"] if "phone" in path or "webauthn" in path or "{client}" in path]

    def test_describes_the_access_token(self, schema):
        scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        assert schema["components"]["securitySchemes"]["accessToken"] == scheme
        assert {"accessToken": []} in schema["paths"]["/api/v1/me/"]["get"]["security"]

    def test_points_nowhere_outside_itself(self, schema):
        references = set(_references(schema))
        assert len(references) > 50
        for reference in references:
            target = schema
            for part in reference.removeprefix("#/").split("/"):
                target = target[part]

    def test_names_every_operation_once(self, schema):
        names = [
            operation["operationId"]
            for item in schema["paths"].values()
            for operation in item.values()
            if isinstance(operation, dict)
        ]
        assert len(names) == len(set(names))


def _references(schema: dict) -> list[str]:
    found = []
    json.loads(json.dumps(schema), object_hook=lambda node: found.append(node["$ref"]) if "$ref" in node else node)
    return found
