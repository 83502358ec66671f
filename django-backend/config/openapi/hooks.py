"""Postprocessing hooks that add what drf-spectacular omits from the API description."""

from typing import Any, Final

from drf_spectacular.drainage import warn
from drf_spectacular.settings import spectacular_settings

_NULL: Final = {"$ref": "#/components/schemas/NullEnum"}
_IDENTITIES_TOKEN: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "`<scheme> <GENERATE_EMAILS_TOKEN>`; any scheme.",
}


def require_enum_names(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Warn of enumerations without a name in ENUM_NAME_OVERRIDES; `--fail-on-warn` makes that an error."""
    schemas = result["components"]["schemas"]
    if schemas.pop("NullEnum", None):
        _replace(result, _NULL, {"type": "null"})
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
