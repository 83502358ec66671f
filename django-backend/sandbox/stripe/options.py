"""What the local Stripe is started with."""

from dataclasses import dataclass

API_VERSION = "2026-10-28.endive"  # that of stripe 16.1, the official SDK; a test holds them against each other
DEFAULT_KEY = "sk_test_sandbox"
DEFAULT_BALANCE = 10_000_000


@dataclass(frozen=True)
class Options:
    """Settings of one local Stripe.

    Attributes:
        database: File that keeps everything; `:memory:` makes none.
        key: The only secret key that is accepted.
        webhook_url: Where events are sent from the start; empty for nowhere.
        webhook_secret: Signs those events.
        methods: Payment methods of a session that names none: what the real dashboard has switched on.
        accounts: Connected accounts that a transfer may name.
        balance: US cents that are available from the start, so that a first refund is covered.
        retry_seconds: Waits between the attempts to deliver an event; the last one repeats until `attempts`.
        attempts: After so many an event is given up.
        refund_seconds: Wait until the refunds of the two test cards for asynchronous refunds change.
    """

    database: str = ":memory:"
    key: str = DEFAULT_KEY
    webhook_url: str = ""
    webhook_secret: str = ""
    methods: tuple[str, ...] = ("card",)
    accounts: tuple[str, ...] = ("acct_local",)
    balance: int = DEFAULT_BALANCE
    retry_seconds: tuple[float, ...] = (1, 2, 4, 8, 15, 30, 60)
    attempts: int = 100
    refund_seconds: float = 2
