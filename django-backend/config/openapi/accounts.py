"""Writes the account routes into the API description; a postprocessing hook of drf-spectacular."""

from typing import Any, Final

from allauth.headless.account.inputs import LoginInput, SignupInput
from allauth.headless.internal.restkit.inputs import Input
from allauth.headless.spec.internal.openapikit import spec_for_field

from config.openapi.account_answers import ANSWERS, account_schemas
from config.openapi.account_operations import KEYS, PREFIX, PUBLIC, SIGNED_IN, WORDS, Operation

_SESSION_TOKEN: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "X-Session-Token",
    "description": "For account routes only: `meta.session_token` of a login.",
}


def add_account_operations(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the account routes and the components that they use."""
    components, paths = result["components"], result["paths"]
    schemas = components["schemas"] | account_schemas()
    components["securitySchemes"]["sessionToken"] = _SESSION_TOKEN
    for operation in (*PUBLIC, *SIGNED_IN):
        described = _described(operation)
        if form := operation.takes:
            name = f"Account{form.__name__.removesuffix('Input')}Request"
            schemas[name] = _body(form)
            described["requestBody"] = {"required": True, **_content(name)}
        paths.setdefault(PREFIX + operation.route, {})[operation.method] = described
    components["schemas"] = dict(sorted(schemas.items()))
    result["paths"] = dict(sorted(paths.items()))
    return result


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"account_{operation.name}",
        "summary": operation.summary,
        "tags": ["Accounts"],
        "security": [] if operation in PUBLIC else [{"accessToken": []}, {"sessionToken": []}],
        "responses": {str(status): _answer(operation, status) for status in _statuses(operation)},
    }
    if key := KEYS.get(operation.name):
        described["parameters"] = [{"in": "header", "name": key, "required": True, "schema": {"type": "string"}}]
    return described


def _statuses(operation: Operation) -> list[int]:
    # Any route may get the token of a session that has ended, characters that it cannot read, or a body.
    of_a_body = () if operation.method == "get" else (413, 415)
    return sorted({*operation.refuses, *of_a_body, 400, 410, 503, *((200,) if operation.gives else ())})


def _answer(operation: Operation, status: int) -> dict[str, Any]:
    words, component = ANSWERS.get(status, (operation.summary, operation.gives))
    if (operation.name, status) == ("totp", 404):
        component = "AccountAuthenticatorAppSecret"
    return {"description": WORDS.get((operation.name, status), words), **_content(str(component))}


def _content(component: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{component}"}}}}


def _body(form: type[Input]) -> dict[str, Any]:
    """Describe what a form of allauth reads; two of them choose their fields by our settings when they are made."""
    fields = form().fields if form in {LoginInput, SignupInput} else form.base_fields
    properties = {name: spec_for_field(field) for name, field in fields.items()}
    for described in properties.values():
        if "<" in described.get("description", ""):  # a link on the page that shares the form
            del described["description"]
    required = [name for name, field in fields.items() if field.required]
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})
