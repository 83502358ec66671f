"""What can go wrong when a message is delivered."""

from apps.common.errors import DomainError


class MessageUndeliverable(DomainError):
    """No later attempt can deliver the message: it is given up at once, for people to look at."""

    code = "message_undeliverable"


class DeliveryDelayed(DomainError):
    """The other side asks to be left alone for a while."""

    code = "delivery_delayed"
    status = 503

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
