"""Who listens to which topic: apps register their handlers in `AppConfig.ready`, so a lower app reaches a higher one.

A topic may have several listeners. Each has its own messages in the outbox, under its own name: `sale.recorded` for the
app that owns the topic, `sale.recorded:triage` for another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar, get_args, get_type_hints
from uuid import UUID

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from apps.common.topics import TOPICS, Topic

T = TypeVar("T", bound=Topic)
Received_co = TypeVar("Received_co", bound=Topic, covariant=True)
Taken_contra = TypeVar("Taken_contra", bound=Topic, contravariant=True)


@dataclass(frozen=True)
class Message(Generic[Received_co]):
    """A message of the outbox as its listener gets it."""

    id: UUID
    aggregate_key: str
    created_at: datetime
    payload: Received_co


def received(row: Any) -> Message[Any]:
    """Return a row of the outbox as its listener gets it.

    Raises:
        PayloadUnreadable: what is stored does not fit the topic.
        KeyError: nobody listens under that name.
    """
    return Message(row.id, row.aggregate_key, row.created_at, LISTENERS[row.topic].topic.read(row.payload))


class Handler(Protocol[Taken_contra]):
    """Delivers one message or raises; must bear being called twice for one message."""

    def __call__(self, *, message: Message[Taken_contra], now: datetime) -> None:
        """Deliver `message`."""


class Gatherer(Protocol[Taken_contra]):
    """Turns the messages of one group, oldest first, into one; called in the transaction that marks them delivered."""

    def __call__(self, *, messages: Sequence[Message[Taken_contra]], now: datetime) -> None:
        """Report `messages`."""


@dataclass(frozen=True)
class Listener:
    """Who gets the messages of a topic: one by one, or gathered."""

    topic: type[Topic]
    function: Any
    gathers: bool


LISTENERS: Final[dict[str, Listener]] = {}


def listen(topic: type[T], handler: Handler[T], *, to: str = "") -> None:
    """Have `handler` deliver the messages of a topic; `to` is its name beside other listeners.

    Raises:
        ImproperlyConfigured: somebody listens under that name already, or the handler takes another topic.
    """
    _register(Listener(topic, handler, gathers=False), to, get_type_hints(handler).get("message"))


def gather(topic: type[T], gatherer: Gatherer[T], *, to: str) -> None:
    """Have `gatherer` turn all waiting messages of a topic and key into one, after a quiet time; else as `listen`."""
    (sequence,) = get_args(get_type_hints(gatherer).get("messages")) or (None,)
    _register(Listener(topic, gatherer, gathers=True), to, sequence)


def listener_names(*, gathers: bool) -> list[str]:
    """Return the names under which messages are delivered one by one, or gathered."""
    return [name for name, listener in LISTENERS.items() if listener.gathers is gathers]


def names_of(topic: str) -> list[str]:
    """Return the names of a topic's listeners, or its own name: messages wait under it for the first listener."""
    return [name for name in LISTENERS if name.partition(":")[0] == topic] or [topic]


def check_topics(**_: Any) -> list[CheckMessage]:
    """Return an error for each topic of an app that nobody listens to, and for each name that two topics have."""
    modules = {f"{app.name}.topics" for app in apps.get_app_configs()}
    names = [topic.name for topic in TOPICS if topic.__module__ in modules]
    heard = {listener.topic.name for listener in LISTENERS.values()} | {topic.name for topic in TOPICS if topic.waits}
    return [
        *(Error(f"Nobody listens to {name}.", id="common.E001") for name in names if name not in heard),
        *(Error(f"Two topics are called {name}.", id="common.E002") for name in {*names} if names.count(name) > 1),
    ]


def _register(listener: Listener, to: str, taken: Any) -> None:
    topic, function = listener.topic, listener.function
    name = f"{topic.name}:{to}" if to else topic.name
    if LISTENERS.get(name, listener) != listener:  # Django calls `ready` again when a test changes INSTALLED_APPS
        raise ImproperlyConfigured(f"{LISTENERS[name].function.__qualname__} listens as {name} already.")
    (kind,) = get_args(taken) or (None,)
    if not kind or not issubclass(topic, kind):
        raise ImproperlyConfigured(f"{function.__qualname__} does not take messages of {topic.__qualname__}.")
    LISTENERS[name] = listener
