"""Places of a venue that read alike and are not the same."""

import hashlib

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.catalog.models import Team
from apps.common.model_fields import LineField
from apps.common.models import BaseModel

# In the place of a folded form; with spaces and small letters, it is never equal to one.
KEY_AS_PRINTED = """'as printed: ' || NEW.section || ' | ' || NEW."row\""""


class KeptTrigger(pgtrigger.Trigger):
    """pgtrigger names a trigger after its app, which was `listings` when these were made (ADR 38)."""

    def get_pgid(self, model: models.Model) -> str:
        """Return the name of trigger and function in the database."""
        uri = f"listings.{model._meta.object_name}:{self.name}"  # noqa: SLF001 - Django documents it
        return f"pgtrigger_{self.name}_{hashlib.sha1(uri.encode(), usedforsecurity=False).hexdigest()[:5]}"


class KeptProtect(KeptTrigger, pgtrigger.Protect):
    """A trigger that refuses changes."""


class DistinctPlace(BaseModel):
    """Staff say that a team's venue has both of two rows whose names read alike; kept for good.

    Seats of the first one count as printed from then on: verified seats of it clash with those of the very same name
    only. A trigger gives the seats that are verified already their new key.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", help_text="Whose home venue has both.")
    section = LineField(max_length=30, help_text="As printed.")
    row = LineField(max_length=30, help_text="As printed.")
    other_section = LineField(max_length=30, help_text="As printed.")
    other_row = LineField(max_length=30, help_text="As printed.")
    reason = LineField(max_length=300, help_text="How you know that the venue has both.")
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "listings_distinctplace"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "section", "row", "other_section", "other_row"],
                name="distinctplace_named_once",
                violation_error_message="These two places are named already.",
            ),
            models.CheckConstraint(
                condition=~Q(section=F("other_section"), row=F("other_row")), name="distinctplace_differs"
            ),
        ]
        triggers = [
            KeptProtect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            KeptTrigger(
                name="seats_as_printed",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=f"""
                    UPDATE listings_seasonticketseat AS seat SET place_key = {KEY_AS_PRINTED}
                    WHERE seat.team_id = NEW.team_id AND seat.section = NEW.section AND seat."row" = NEW."row";
                    RETURN NULL;
                """,  # noqa: S608 - our own words
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.section} / {self.row} and {self.other_section} / {self.other_row}"
