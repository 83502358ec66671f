"""What happens to statements."""

from dataclasses import dataclass
from uuid import UUID

from apps.common.topics import Topic


@dataclass(frozen=True, kw_only=True)
class StatementReady(Topic):
    """The statement of a month was made."""

    name = "statement.ready"
    statement_id: UUID
    holder_id: UUID
