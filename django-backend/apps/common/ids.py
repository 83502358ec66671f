"""Primary keys: made by the application, so that children can be written in the same round trip, and read as text."""

import re
from typing import Final
from urllib.parse import quote
from uuid import UUID

import uuid_utils.compat

_ID: Final = re.compile("[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_MAX_SEARCHED: Final = 100  # what the lists take


def uuid7() -> UUID:
    """Return a time-ordered UUID (RFC 9562, version 7): index-friendly, and newest last when sorted."""
    return uuid_utils.compat.uuid7()


def id_from_text(sent: object, *, look_up: str) -> UUID:
    """Return the id that a text writes.

    Args:
        sent: the value sent in place of an id; often a name.
        look_up: address at which ids are found; when it ends with `=`, what was sent can be searched for there.

    Raises:
        ValueError: it is no id; the sentence says where to look it up.
    """
    if isinstance(sent, UUID):
        return sent
    text = sent.strip() if isinstance(sent, str) else ""
    if _ID.fullmatch(text):
        return UUID(text)
    words = quote(text[:_MAX_SEARCHED].encode(errors="ignore"))
    address = f"{look_up}{words}" if words and look_up.endswith("=") else look_up.partition("?")[0]
    raise ValueError(f"This is not an id. Look it up: GET {address}")
