"""Primary keys made by the application, so that children can be written in the same round trip."""

from uuid import UUID

import uuid_utils.compat


def uuid7() -> UUID:
    """Return a time-ordered UUID (RFC 9562, version 7): index-friendly, and newest last when sorted."""
    return uuid_utils.compat.uuid7()
