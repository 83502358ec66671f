"""Triggers that keep the names which they have in the database."""

import hashlib

import pgtrigger
from django.db.models import Model


class KeptTrigger(pgtrigger.Trigger):
    """pgtrigger names a trigger after its app, which was `listings` when these were made (ADR 38)."""

    def get_pgid(self, model: Model) -> str:
        """Return the name of trigger and function in the database."""
        uri = f"listings.{model._meta.object_name}:{self.name}"  # noqa: SLF001 - Django documents it
        return f"pgtrigger_{self.name}_{hashlib.sha1(uri.encode(), usedforsecurity=False).hexdigest()[:5]}"


class KeptProtect(KeptTrigger, pgtrigger.Protect):
    """A trigger that refuses changes."""
