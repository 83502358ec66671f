"""What triage reminds itself of."""

from uuid import UUID

from apps.common.topics import Topic


class TriageShown(Topic):
    """A message to staff was made; what it shows may have been decided meanwhile."""

    name = "triage.shown"
    triage_message_id: UUID
