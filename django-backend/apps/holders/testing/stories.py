"""What sign-up sends, and what its mails contain."""

import re
from typing import Any

from django.core import mail

PASSWORD = "Row-Seat-Section-19"


def signup_data(**changes: Any) -> dict[str, Any]:
    """Return a complete sign-up; a change to None leaves the field out."""
    data = {
        "email": "ann@example.com",
        "password": PASSWORD,
        "first_name": "Ann",
        "last_name": "Fan",
        "phone": "+1 (215) 555-0123",
        "address": "1 Pattison Avenue, Philadelphia",
        "timezone": "America/New_York",
        "is_season_ticket_interest": True,
        "is_card_interest": False,
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def form_data(**changes: Any) -> dict[str, Any]:
    """Return the same as the page sends it."""
    data = signup_data(is_season_ticket_interest="on", is_card_interest=None)
    password = data.pop("password")
    return {**data, "password1": password, "password2": password} | changes


def link_in_mail(to: str) -> str:
    """Return the path of the link in the newest mail to this address."""
    body = next(str(message.body) for message in reversed(mail.outbox) if message.to == [to])
    found = re.search(r"https?://testserver(/\S+)", body)
    assert found, body
    return found.group(1)


def key_in_mail(to: str) -> str:
    """Return the last part of that link, which the API takes as `key`."""
    return link_in_mail(to).rstrip("/").rpartition("/")[2]
