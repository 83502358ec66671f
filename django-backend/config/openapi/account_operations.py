"""The account routes that this product offers, with what they answer."""

from typing import Any, Final, NamedTuple, cast

from allauth.headless.internal.restkit.inputs import Input
from django.urls import resolve

from apps.users.urls import API_PREFIX
from config.openapi.account_answers import LOG_IN_NOW, LOGGED_OUT, MORE_STEPS, SIGN_IN_AGAIN

PREFIX: Final = f"/{API_PREFIX}app/v1/"


class Operation(NamedTuple):
    """A method of a route: the component of the answer 200, and the other statuses."""

    name: str
    request: str
    summary: str
    gives: str | None
    refuses: tuple[int, ...] = ()

    @property
    def method(self) -> str:
        """Return the method as OpenAPI writes it."""
        return self.request.partition(" ")[0].lower()

    @property
    def route(self) -> str:
        """Return the address below the prefix of account routes."""
        return self.request.partition(" ")[2]

    @property
    def takes(self) -> type[Input] | None:
        """Return the form by which allauth's view reads the body."""
        view = cast("Any", resolve(PREFIX + self.route).func).view_class
        form = None if self.method == "get" else view.input_class
        return form.get(self.method.upper()) if isinstance(form, dict) else form


_SIGNED_IN: Final = "AccountSignedIn"
_ADDRESSES: Final = "AccountEmailAddresses"
_TOTP: Final = "account/authenticators/totp"
_CODES: Final = "account/authenticators/recovery-codes"

# Without a token.
PUBLIC: Final = (
    Operation("config", "GET config", "How accounts work here", "AccountConfiguration"),
    Operation("signup", "POST auth/signup", "Sign up", None, (400, 401, 409, 429)),
    Operation("login", "POST auth/login", "Log in", _SIGNED_IN, (400, 401, 409, 429)),
    Operation("second_factor", "POST auth/2fa/authenticate", "Complete a login with a code", _SIGNED_IN, (400, 401)),
    Operation("refresh", "POST tokens/refresh", "Refresh the tokens", "AccountTokens", (400,)),
    Operation("email_key", "GET auth/email/verify", "What a verification key is good for", "AccountEmailKey", (400,)),
    Operation("email_verify", "POST auth/email/verify", "Verify an e-mail address", _SIGNED_IN, (400, 401)),
    Operation(
        "password_request",
        "POST auth/password/request",
        "Request a mail to reset the password",
        "AccountDone",
        (400, 429),
    ),
    Operation("password_key", "GET auth/password/reset", "Whose password a key resets", "AccountPasswordKey", (400,)),
    Operation("password_reset", "POST auth/password/reset", "Reset the password", None, (400, 401, 429)),
)
# By the access token, or the session token of a completed login.
SIGNED_IN: Final = (
    Operation("session", "GET auth/session", "Who is signed in", _SIGNED_IN, (401,)),
    Operation("logout", "DELETE auth/session", "Log out", None, (401,)),
    Operation("reauthenticate", "POST auth/reauthenticate", "Repeat the password", _SIGNED_IN, (400, 401, 429)),
    Operation(
        "second_factor_repeat", "POST auth/2fa/reauthenticate", "Repeat the second factor", _SIGNED_IN, (400, 401)
    ),
    Operation("password_change", "POST account/password/change", "Change the password", "AccountDone", (400, 401, 429)),
    Operation("email_list", "GET account/email", "List the e-mail addresses", _ADDRESSES, (401,)),
    Operation("email_add", "POST account/email", "Change to another e-mail address", _ADDRESSES, (400, 401, 409, 429)),
    Operation(
        "email_send", "PUT account/email", "Send the verification mail again", "AccountDone", (400, 401, 403, 429)
    ),
    Operation("email_primary", "PATCH account/email", "Make an address the primary one", _ADDRESSES, (400, 401, 429)),
    Operation("email_remove", "DELETE account/email", "Remove an e-mail address", _ADDRESSES, (400, 401, 429)),
    Operation(
        "second_factors", "GET account/authenticators", "List the second factors", "AccountSecondFactors", (401,)
    ),
    Operation(
        "totp", f"GET {_TOTP}", "See or set up the authenticator app", "AccountAuthenticatorApp", (401, 404, 409)
    ),
    Operation(
        "totp_activate", f"POST {_TOTP}", "Activate the authenticator app", "AccountAuthenticatorApp", (400, 401)
    ),
    Operation("totp_deactivate", f"DELETE {_TOTP}", "Deactivate the authenticator app", "AccountDone", (401,)),
    Operation("recovery_codes", f"GET {_CODES}", "See the recovery codes", "AccountRecoveryCodes", (401, 404)),
    Operation("recovery_codes_renew", f"POST {_CODES}", "Make new recovery codes", "AccountRecoveryCodes", (400, 401)),
)
# Headers that hold what a mail or an earlier answer gave.
KEYS: Final = {
    "email_key": "X-Email-Verification-Key",
    "password_key": "X-Password-Reset-Key",
    "second_factor": "X-Session-Token",
}
_RECENT_LOGIN: Final = (
    "email_add", "email_primary", "email_remove", "totp_activate", "totp_deactivate", "recovery_codes",
    "recovery_codes_renew",
)  # fmt: skip
# What a status means of one operation only.
WORDS: Final = {
    **{(name, 401): SIGN_IN_AGAIN for name in _RECENT_LOGIN},
    ("signup", 401): MORE_STEPS,
    ("signup", 409): "Somebody is signed in.",
    ("login", 401): MORE_STEPS,
    ("login", 409): "Somebody is signed in.",
    ("second_factor", 401): "No login waits for a code under this session token: log in again.",
    ("refresh", 400): "The refresh token is spent, damaged or expired, or its session has ended: log in.",
    ("email_verify", 401): LOG_IN_NOW,
    ("password_reset", 401): LOG_IN_NOW,
    ("password_change", 200): "Changed. Every session and token of the user has ended, this one too: log in next.",
    ("logout", 401): LOGGED_OUT,
    ("email_add", 409): "Nobody is signed in.",
    ("email_send", 403): "Not sent: the address is verified, or the last mail is less than three minutes old.",
    ("totp", 404): "No authenticator app yet: the secret to set one up with.",
    ("totp", 409): "An address of the account is not verified.",
    ("recovery_codes", 404): "There are no recovery codes; an authenticator app comes first.",
}
