"""HubSpot, the CRM: buyers become contacts."""

from http import HTTPStatus
from typing import Final

import requests
from django.conf import settings

from apps.common.log_context import outgoing_headers
from apps.notifications.api import MessageUndeliverable
from apps.orders.errors.mails import CrmUnanswered

TIMEOUT_SECONDS: Final = 10
_UPSERT: Final = "/crm/v3/objects/contacts/batch/upsert"
# A longer Retry-After is a mistake.
LONGEST_WAIT_SECONDS: Final = 24 * 60 * 60


def contact_upsert(*, email: str, first_name: str, last_name: str) -> None:
    """Create the contact with this e-mail, or update it; an empty last name leaves that of the contact as it is.

    Raises:
        CrmUnanswered: nobody knows whether it was stored, or HubSpot does not accept our token; it may be repeated.
        MessageUndeliverable: HubSpot does not accept this contact.
    """
    key = email.lower()  # HubSpot keeps addresses so, and compares them exactly
    properties = {"email": key, "firstname": first_name, "lastname": last_name}
    known = {name: text for name, text in properties.items() if text}
    try:
        answer = requests.post(
            settings.HUBSPOT_API_BASE + _UPSERT,
            json={"inputs": [{"idProperty": "email", "id": key, "properties": known}]},
            headers={**outgoing_headers(), "Authorization": f"Bearer {settings.HUBSPOT_ACCESS_TOKEN}"},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise CrmUnanswered("HubSpot does not answer.") from error
    # What HubSpot says may quote the contact, so nothing of it is logged.
    if answer.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.MULTI_STATUS}:
        raise MessageUndeliverable("HubSpot does not accept this contact.")
    if answer.status_code not in {HTTPStatus.OK, HTTPStatus.CREATED}:
        wait = answer.headers.get("Retry-After", "")
        seconds = min(int(wait), LONGEST_WAIT_SECONDS) if wait.isascii() and wait.isdigit() else None
        raise CrmUnanswered(f"HubSpot answers with {answer.status_code}.", retry_after_seconds=seconds)
