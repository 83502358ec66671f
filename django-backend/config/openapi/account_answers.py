"""What account routes answer: schemas by component name, and the words for each status.

django-allauth's own description covers every setting that it has, and its answers of failure require parts that only
some of them have, so that generated clients break on them. This one says what our settings let it answer.
"""

from collections.abc import Iterable
from typing import Any, Final

from allauth.headless.adapter import get_adapter
from allauth.headless.spec.internal.openapikit import spec_for_dataclass

# Refusals have the form of all other routes; the next steps of a login stand beside it.
REFUSAL: Final = "ErrorResponse"
NOBODY: Final = "AccountNotSignedIn"

_TEXT: Final = {"type": "string"}
_YES_NO: Final = {"type": "boolean"}
_STATUS: Final = {"type": "integer", "minimum": 200, "maximum": 599, "description": "The HTTP status again."}
_COUNT: Final = {"type": "integer", "minimum": 0}
_SECONDS: Final = {"type": "number", "description": "Seconds since 1970-01-01 UTC."}
_TOKENS: Final = {
    "access_token": {**_TEXT, "description": "For `Authorization: Bearer …`; good for 15 minutes."},
    "refresh_token": {**_TEXT, "description": "For `tokens/refresh`; good once, for 14 days."},
}
_SESSION_TOKEN: Final = {
    "session_token": {**_TEXT, "description": "For X-Session-Token, while a login is not complete."}
}
_FLOWS: Final = ["login", "signup", "verify_email", "mfa_authenticate", "reauthenticate", "mfa_reauthenticate"]

SIGN_IN_FIRST: Final = (
    "Nobody is signed in: the access token is missing, damaged or expired, or its session has ended. "
    "Refresh the token or log in."
)
SIGN_IN_AGAIN: Final = (
    "With `meta.is_authenticated` false: nobody is signed in; refresh the token or log in. With true: the last login "
    "is too old for this. Repeat password or code by the route that `data.flows` names, then send the request again."
)
MORE_STEPS: Final = (
    "No failure: what was sent is right, and a step remains. `data.flows` marks it with `is_pending`: `verify_email` "
    "(the key is in a mail) or `mfa_authenticate` (send the code with `meta.session_token` as X-Session-Token). "
    "No such mark: the account is deactivated."
)
LOG_IN_NOW: Final = "No failure: it is done, and nobody is signed in. Log in next."
LOGGED_OUT: Final = "The normal answer: nobody is signed in any more, or nobody was."
# By status: what it means and its component; the answer 200 is each operation's own.
ANSWERS: Final = {
    400: ("Refused; each entry of `errors` names the field in `attr`.", REFUSAL),
    401: (SIGN_IN_FIRST, NOBODY),
    403: ("Refused.", REFUSAL),
    404: ("Not found.", REFUSAL),
    409: ("Not in this state.", REFUSAL),
    410: ("The session of X-Session-Token has ended. Forget the token and log in.", NOBODY),
    413: ("The body is too large.", REFUSAL),
    415: ("The body is not JSON.", REFUSAL),
    429: ("Too many attempts. Wait a few minutes.", REFUSAL),
    503: (
        "Not right now: others change the same data, or second factors cannot be checked. Nothing was written.",
        REFUSAL,
    ),
}


def account_schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas of every account answer by component name."""
    return (
        {"AccountDone": _record("It is done.", {"status": _STATUS})}
        | _configuration()
        | _people()
        | _mails()
        | _second_factors()
    )


def _configuration() -> dict[str, dict[str, Any]]:
    flags = (
        "is_open_for_signup", "email_verification_by_code_enabled", "login_by_code_enabled",
        "password_reset_by_code_enabled",
    )  # fmt: skip
    texts = {"type": "array", "items": _TEXT}
    settings = {"login_methods": texts, "authentication_method": _TEXT} | dict.fromkeys(flags, _YES_NO)
    factors = {"supported_types": texts, "passkey_login_enabled": _YES_NO}
    topics = {"account": _record("Accounts.", settings), "mfa": _record("Second factors.", factors)}
    return {"AccountConfiguration": _answer("How accounts work here.", _record("By topic.", topics))}


def _people() -> dict[str, dict[str, Any]]:
    user, _ = spec_for_dataclass(get_adapter().get_user_dataclass())
    for described in user["properties"].values():
        described.pop("example", None)  # a new one each time
    proof = {"method": _TEXT, "at": _SECONDS}
    details = {"email": _TEXT, "type": _TEXT, "id": _COUNT, "reauthenticated": _YES_NO}
    types = {"type": "array", "items": _TEXT, "description": "Second factors that the user has."}
    tokens = _SESSION_TOKEN | _TOKENS
    who = {"user": _ref("AccountUser"), "methods": _list("AccountMethod")}
    steps = _record("Next steps.", {"flows": _list("AccountFlow"), **who}, optional=who)
    meta = _ref("AccountMeta")
    return {
        "AccountUser": _record("The user.", user["properties"]),
        "AccountMethod": _record("How the user proved who they are.", proof | details, optional=details),
        "AccountFlowEnum": {**_TEXT, "enum": _FLOWS},
        "AccountFlow": _record(
            "A step that may be taken next; `is_pending` marks the one that is due.",
            {"id": _ref("AccountFlowEnum"), "is_pending": _YES_NO, "types": types},
            optional=["is_pending", "types"],
        ),
        "AccountMeta": _record(
            "Whether somebody is signed in, and new tokens.", {"is_authenticated": _YES_NO} | tokens, optional=tokens
        ),
        "AccountSignedIn": _answer("Who is signed in.", _record("The user.", who), meta),
        NOBODY: _refused(
            "What may be done next; `user` and `methods` are there when who is signed in must prove it again.",
            {"data": steps, "meta": meta},
        ),
        "AccountTokens": _answer("New tokens; the old refresh token is spent.", _record("Both.", _TOKENS)),
    }


def _mails() -> dict[str, dict[str, Any]]:
    address = {"email": _TEXT, "verified": _YES_NO, "primary": _YES_NO}
    user = {"user": _ref("AccountUser")}
    waiting = _record("Whether a login waits for it.", {"is_authenticating": _YES_NO})
    return {
        "AccountEmailAddress": _record("An address of the user.", address),
        "AccountEmailAddresses": _answer("All addresses of the user.", _list("AccountEmailAddress")),
        "AccountEmailKey": _answer(
            "What a verification key is good for.", _record("Address and user.", {"email": _TEXT} | user), waiting
        ),
        "AccountPasswordKey": _answer("Whose password the key resets.", _record("The user.", user)),
    }


def _second_factors() -> dict[str, dict[str, Any]]:
    factor = {"type": _TEXT, "created_at": _SECONDS, "last_used_at": {**_SECONDS, "type": ["number", "null"]}}
    counts = {"total_code_count": _COUNT, "unused_code_count": _COUNT}
    codes = {"unused_codes": {"type": "array", "items": _TEXT, "description": "Shown once."}}
    secret = {"secret": _TEXT, "totp_url": {**_TEXT, "format": "uri", "description": "For a QR code."}}
    return {
        "AccountSecondFactor": _record("A second factor.", factor | counts, optional=counts),
        "AccountSecondFactors": _answer("All second factors of the user.", _list("AccountSecondFactor")),
        "AccountAuthenticatorApp": _answer("The authenticator app.", _ref("AccountSecondFactor")),
        "AccountAuthenticatorAppSecret": _refused(
            "No authenticator app yet: the secret to set one up with.",
            {"meta": _record("The secret.", secret | _SESSION_TOKEN, optional=_SESSION_TOKEN)},
        ),
        "AccountRecoveryCodes": _answer(
            "The recovery codes.", _record("Numbers and codes.", factor | counts | codes, optional=codes)
        ),
    }


def _record(description: str, properties: dict[str, Any], *, optional: Iterable[str] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "description": description, "properties": properties, "required": required}


def _answer(description: str, data: dict[str, Any], meta: dict[str, Any] | None = None) -> dict[str, Any]:
    return _record(description, {"status": _STATUS, "data": data} | ({"meta": meta} if meta else {}))


def _refused(description: str, beside: dict[str, Any]) -> dict[str, Any]:
    refusal = {"type": _ref("ErrorTypeEnum"), "errors": _list("ErrorEntry")}
    return _record(description, {"status": _STATUS} | refusal | beside)


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}
