"""What happens to statements."""

from uuid import UUID

from apps.common.topics import Topic


class StatementReady(Topic):
    """The statement of a month was made."""

    name = "statement.ready"
    statement_id: UUID
    holder_id: UUID
