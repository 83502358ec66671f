"""Topics that triage sends to itself."""

from uuid import UUID

from apps.common.topics import Topic


class TriageShown(Topic, name="triage.shown"):
    """A message to staff was made; what it shows may have been decided meanwhile."""

    triage_message_id: UUID
