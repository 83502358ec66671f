"""The senders of production's mail: addresses at a domain that other mail servers can find."""

import re
from email.utils import getaddresses
from ipaddress import ip_address
from typing import Final

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import EmailValidator

# Names that no name server answers for (RFC 2606, RFC 6761, RFC 6762, RFC 9476).
_NOT_PUBLIC: Final = frozenset({"internal", "invalid", "local", "localdomain", "localhost", "test"})
_check_form: Final = EmailValidator(allowlist=[])


def public_sender(variable: str, given: str | None, *, host: str) -> str:
    """Return the sender that the variable names, without one noreply@ the host.

    Raises:
        ImproperlyConfigured: names the variable when nobody could answer or trust mail from there.
    """
    sender = given or f"Season Tickets Tech <noreply@{host}>"
    if not _is_public(sender):
        raise ImproperlyConfigured(
            f"Set the environment variable {variable}: mail from {sender!r} would be refused or taken for spam. "
            "It needs the form 'Name <address@domain>' and a domain of yours, not localhost."
        )
    return sender


def _is_public(sender: str) -> bool:
    addresses = getaddresses([sender])
    whole = len(addresses) == 1 and sender.isprintable() and sender.count("<") == sender.count(">")
    address = addresses[0][1] if whole else ""
    domain = address.rpartition("@")[2].rstrip(".").lower()
    try:
        _check_form(address)
    except ValidationError:
        return False
    return domain.rpartition(".")[2] not in _NOT_PUBLIC and not _is_ip_address(domain)


def _is_ip_address(domain: str) -> bool:
    try:
        ip_address(re.sub(r"^\[(ipv6:)?|]$", "", domain))
    except ValueError:
        return False
    return True
