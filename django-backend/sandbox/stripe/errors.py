"""Errors in the form of Stripe's API (https://docs.stripe.com/api/errors); the texts are those that clients report."""

from typing import Any


class StripeError(Exception):
    """A refusal. `type`, `code` and `param` are Stripe's; `headers` belong to the answer."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",  # noqa: A002 - Stripe's name
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.type, self.code, self.param, self.headers = status, type, code, param, headers or {}

    def body(self) -> dict[str, Any]:
        """Return the answer as Stripe writes it: `code` and `param` only where they have a value."""
        error: dict[str, Any] = {"message": str(self), "type": self.type}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        return {"error": error}


class WrongParameters(StripeError):
    """Found before execution began: not stored under the idempotency key."""


def missing_object(name: str, given: str, param: str = "id") -> StripeError:
    """Return the error about an id that does not exist. Stripe answers 404 for ids in addresses and parameters."""
    return StripeError(f"No such {name}: '{given}'", status=404, code="resource_missing", param=param)


def not_modelled(what: str, param: str | None = None) -> WrongParameters:
    """Return the error about what Stripe knows and the local Stripe does not."""
    return WrongParameters(f"The local Stripe does not model {what}.", code="local_not_modelled", param=param)


def bad_key(given: str) -> StripeError:
    """Return the error about a wrong secret key, which shows as little of it as Stripe does."""
    if not given:
        return StripeError(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            status=401,
        )
    if given.startswith("pk_"):
        return StripeError(
            "This API call cannot be made with a publishable API key. Please use a secret API key. "
            "You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.",
            status=401,
            code="secret_key_required",
        )
    shown = given[:8] + "*" * max(0, len(given) - 12) + given[-4:]
    return StripeError(f"Invalid API Key provided: {shown}", status=401)


def internal_error() -> StripeError:
    """Return the answer of a failure inside Stripe."""
    message = "An unknown error occurred. Please try again, or contact support if the problem continues."
    return StripeError(message, status=500, type="api_error")
