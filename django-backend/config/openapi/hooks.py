"""Postprocessing hooks of drf-spectacular: they add account routes, and what it omits from the API description."""

from typing import Any, Final

from allauth.headless.account.inputs import LoginInput, SignupInput
from allauth.headless.internal.restkit.inputs import Input
from allauth.headless.spec.internal.openapikit import spec_for_field
from drf_spectacular.drainage import warn
from drf_spectacular.settings import spectacular_settings

from config.openapi.account_answers import ANSWERS, account_schemas
from config.openapi.account_operations import KEYS, PREFIX, PUBLIC, SIGNED_IN, WORDS, Operation

_IDENTITIES_TOKEN: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "`<scheme> <GENERATE_EMAILS_TOKEN>`; any scheme.",
}
_SESSION_TOKEN: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "X-Session-Token",
    "description": "For account routes only: `meta.session_token` of a login.",
}


def require_enum_names(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Warn of enumerations without a name in ENUM_NAME_OVERRIDES; `--fail-on-warn` makes that an error."""
    schemas = result["components"]["schemas"]
    if schemas.pop("NullEnum", None):
        _replace(result, {"$ref": "#/components/schemas/NullEnum"}, {"type": "null"})
    named = spectacular_settings.ENUM_NAME_OVERRIDES
    for name in sorted(name for name, schema in schemas.items() if "enum" in schema and name not in named):
        warn(f"{name} got its name by chance, and clients use it. Name its choices in ENUM_NAME_OVERRIDES.")
    return result


def mark_public_operations(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of operations that ask for nothing that they ask for nothing: without `security`, generators guess."""
    result["components"]["securitySchemes"]["identitiesToken"] = _IDENTITIES_TOKEN
    for item in result["paths"].values():
        for operation in item.values():
            if not any(operation.get("security", ())):
                operation["security"] = []
    return result


def _replace(node: Any, old: Any, new: Any) -> None:
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        if value == old:
            node[key] = new
        elif isinstance(value, dict | list):
            _replace(value, old, new)


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
