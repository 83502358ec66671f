"""What happens to statements."""

from uuid import UUID

from apps.common.topics import Topic


class StatementReady(Topic, name="statement.ready"):
    """The statement of a month was made."""

    statement_id: UUID
    holder_id: UUID
