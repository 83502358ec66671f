"""The account: makes, finds and changes objects, moves its balance, and records an event for each change."""

from collections.abc import Callable
from typing import Any, Final

from sandbox.faults import Faults
from sandbox.stripe.errors import StripeError, missing_object
from sandbox.stripe.faults import EventFault
from sandbox.stripe.ids import new_id
from sandbox.stripe.options import API_VERSION, Options
from sandbox.stripe.store import Object, Store

_ENDPOINT = "webhook_endpoint"
_TWO_DAYS: Final = 2 * 86_400
_NAMES: Final = {"webhook_endpoint": "webhook endpoint", "radar.early_fraud_warning": "early fraud warning"}


def public(body: Object) -> Object:
    """Return an object without its internal fields."""
    return {name: value for name, value in body.items() if not name.startswith("_")}


def filled(metadata: dict[str, str] | None) -> dict[str, str]:
    """Return the metadata of a new object: without keys whose text is empty."""
    return {name: value for name, value in (metadata or {}).items() if value != ""}


class Account:
    """Everything of one local Stripe except its addresses. Call its methods inside `store.transaction()`.

    `clock` returns seconds since 1970; `ahead` is added to it, so that a test can let hours pass.
    """

    def __init__(self, options: Options, store: Store, clock: Callable[[], float], url: str) -> None:
        self.options, self.store, self.url = options, store, url
        self._clock, self.ahead = clock, 0.0
        self.request: dict[str, str | None] = {"id": None, "idempotency_key": None}
        self.event_faults: Faults[EventFault] = Faults()
        self.paused = False

    def now(self) -> int:
        """Return the second."""
        return int(self._clock() + self.ahead)

    def sending_time(self) -> float:
        """Return the real time, by which deliveries are scheduled."""
        return self._clock()

    def add(self, kind: str, **fields: Any) -> Object:
        """Make an object."""
        body: Object = {"id": new_id(kind), "object": kind, **fields, "created": self.now()}
        if kind not in {"refund", "balance_transaction", "transfer_reversal"}:
            body["livemode"] = False
        self.store.add(body)
        return body

    def get(self, kind: str, identity: str, param: str = "id") -> Object:
        """Return an object.

        Raises:
            StripeError: There is none, or it is of another kind.
        """
        found = self.store.find(kind, identity)
        if found is None:
            raise missing_object(_NAMES.get(kind, kind.replace("radar.", "")), identity, param)
        return found

    def change(self, body: Object, event: str | None = None, **values: Any) -> Object:
        """Set values of an object, and record an event with what they were."""
        before = {name: body.get(name) for name, value in values.items() if body.get(name) != value}
        body.update(values)
        self.store.save(body)
        if event:
            self.emit(event, body, {name: value for name, value in before.items() if not name.startswith("_")})
        return body

    def merged(self, body: Object, given: dict[str, str] | None) -> dict[str, str]:
        """Return metadata as an update makes it: an empty text takes a key away, None all of them."""
        return {} if given is None else filled({**body["metadata"], **given})

    def emit(self, kind: str, body: Object, before: Object | None = None) -> None:
        """Record an event, and send it to the endpoints that asked for it."""
        data: Object = {"object": public(body)}
        if before is not None and kind.endswith("updated"):
            data["previous_attributes"] = before
        event = self.add(
            "event", api_version=API_VERSION, data=data, pending_webhooks=0, request=dict(self.request), type=kind
        )
        for endpoint in self.store.select(_ENDPOINT):
            if endpoint["status"] == "enabled" and {"*", kind} & set(endpoint["enabled_events"]):
                self._send(event["id"], kind, endpoint["id"])

    def _send(self, event: str, kind: str, endpoint: str) -> None:
        """Plan the delivery; a fault may lose, repeat or delay it."""
        state, due = ("held" if self.paused else "waiting"), self._clock()
        fault = self.event_faults.take(lambda fault: fault.type in {"*", kind})
        if fault and fault.kind in {"lose", "hold", "reorder"}:
            state = {"lose": "lost", "hold": "held", "reorder": "reorder"}[fault.kind]
        if fault and fault.kind == "delay":
            due += fault.seconds
        if fault and fault.kind == "duplicate":
            self.store.add_delivery(event, endpoint, due, state)
        self.store.add_delivery(event, endpoint, due, state)

    def post(self, kind: str, amount: int, currency: str, *, fee: int = 0, at_once: bool = True, **more: Any) -> Object:
        """Move the balance by `amount` less `fee` (cents), at once or as a charge does after two days."""
        available_on = self.now() if at_once else self.now() + _TWO_DAYS
        details = [{"amount": fee, "application": None, "currency": currency, "description": "Stripe processing fees"}]
        transaction = self.add(
            "balance_transaction",
            amount=amount,
            available_on=available_on,
            balance_type="payments",
            currency=currency,
            description=more.get("description"),
            exchange_rate=None,
            fee=fee,
            fee_details=[details[0] | {"type": "stripe_fee"}] if fee else [],
            net=amount - fee,
            reporting_category=more.get("category", kind),
            source=more.get("source"),
            status="available" if at_once else "pending",
            type=kind,
        )
        self.store.move_money(currency, available_on, amount - fee)
        return transaction

    def cover(self, amount: int, currency: str, message: str) -> None:
        """Refuse what the available balance does not cover.

        Raises:
            StripeError: `balance_insufficient`.
        """
        available, _ = self.store.balance(self.now()).get(currency, (0, 0))
        if amount > available:
            raise StripeError(message, code="balance_insufficient")
