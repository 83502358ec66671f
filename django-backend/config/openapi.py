"""Puts allauth's description of its own endpoints into the one API description."""

import json
import re
from typing import Any, Final

from allauth.headless.spec.internal.schema import get_schema

from apps.users.urls import API_PREFIX, NOT_OFFERED

_REFERENCE: Final = re.compile(r"#/components/(\w+)/(\w+)")
# allauth makes up a new example of a user id each time; the committed document must not change by itself.
_EXAMPLE_ID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SESSION_TOKEN: Final = {"$ref": "#/components/parameters/AccountSessionToken"}
_OPTIONAL_ACCESS_TOKEN: Final[list[dict[str, list[str]]]] = [{"accessToken": []}, {}]


def add_account_endpoints(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Merge allauth's paths and the components they use; a drf-spectacular postprocessing hook.

    Component names get the prefix `Account`, so that allauth's `User` or `Error` never meets one of ours.
    """
    text = _EXAMPLE_ID.sub("019a0000-0000-7000-8000-000000000000", json.dumps(get_schema()))
    theirs = json.loads(_REFERENCE.sub(r"#/components/\1/Account\2", text))
    paths = {
        path: item for path, item in theirs["paths"].items() if path.removeprefix(f"/{API_PREFIX}") not in NOT_OFFERED
    }
    for path, item in paths.items():
        for method, operation in item.items():
            operation["operationId"] = "_".join(
                ["accounts", *re.findall(r"\w+", path.partition("/v1/accounts/")[2]), method]
            )
            operation["tags"] = ["accounts"]
            if _SESSION_TOKEN in operation.get("parameters", []):
                operation["security"] = _OPTIONAL_ACCESS_TOKEN
    result["paths"] = dict(sorted({**result["paths"], **paths}.items()))

    used: set[tuple[str, str]] = set()
    pending = set(_REFERENCE.findall(json.dumps(paths)))
    while pending:
        used |= pending
        entries = [theirs["components"][kind][name.removeprefix("Account")] for kind, name in pending]
        pending = set(_REFERENCE.findall(json.dumps(entries))) - used
    for kind, name in sorted(used):
        result["components"].setdefault(kind, {})[name] = theirs["components"][kind][name.removeprefix("Account")]
    return result
