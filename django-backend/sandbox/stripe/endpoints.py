"""Webhook endpoints. A secret is shown once, when the endpoint is made."""

import secrets
from typing import Any, Final

from sandbox.stripe.account import Account
from sandbox.stripe.errors import StripeError
from sandbox.stripe.options import API_VERSION
from sandbox.stripe.shapes import ENDPOINT
from sandbox.stripe.store import Object

_KIND: Final = "webhook_endpoint"
_MOST: Final = 16


def create(account: Account, given: dict[str, Any]) -> Object:
    """Make an endpoint; its secret is in this answer only.

    Raises:
        StripeError: There are 16 already, or the version is unknown.
    """
    if len(account.store.select(_KIND)) >= _MOST:
        raise StripeError(f"You have reached the maximum of {_MOST} test webhook endpoints.")
    if given.get("api_version", API_VERSION) != API_VERSION:
        raise StripeError(f"Invalid API version: {given['api_version']}", param="api_version")
    _check_events(given)
    secret = f"whsec_{secrets.token_urlsafe(24)}"
    endpoint = account.add(
        _KIND,
        **ENDPOINT | {"api_version": given.get("api_version"), "description": given.get("description")},
        enabled_events=given["enabled_events"],
        metadata=account.merged({"metadata": {}}, given.get("metadata", {})),
        url=given["url"],
        _secrets=[secret],
    )
    return endpoint | {"secret": secret}


def update(account: Account, identity: str, given: dict[str, Any]) -> Object:
    """Change an endpoint."""
    endpoint = account.get(_KIND, identity)
    _check_events(given)
    values: dict[str, Any] = {name: given[name] for name in ("url", "enabled_events", "description") if name in given}
    if "disabled" in given:
        values["status"] = "disabled" if given["disabled"] else "enabled"
    if "metadata" in given:
        values["metadata"] = account.merged(endpoint, given["metadata"])
    return account.change(endpoint, **values)


def _check_events(given: dict[str, Any]) -> None:
    if "enabled_events" in given and not given["enabled_events"]:
        raise StripeError("enabled_events must not be empty.", param="enabled_events")


def delete(account: Account, identity: str) -> Object:
    """Delete an endpoint."""
    account.get(_KIND, identity)
    account.store.delete(identity)
    return {"id": identity, "object": _KIND, "deleted": True}


def roll_secret(account: Account, identity: str, *, keep_old: bool) -> str:
    """Replace the secret as the dashboard does; events are signed with the old one too while it is kept."""
    endpoint = account.get(_KIND, identity)
    secret = f"whsec_{secrets.token_urlsafe(24)}"
    account.change(endpoint, _secrets=[secret, *(endpoint["_secrets"][:1] if keep_old else [])])
    return secret
