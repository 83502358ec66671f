"""Functions that one app calls and another one provides, which the first may not import."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Generic, ParamSpec, TypeVar

from django.core.checks import CheckMessage, Error, register
from django.core.mail import EmailMultiAlternatives

P = ParamSpec("P")
R = TypeVar("R")


class Hook(Generic[P, R]):
    """A function that another app fills in from `AppConfig.ready`; the stub says what it takes and returns.

    `waits`: for an app that will fill it in one day.
    """

    def __init__(self, stub: Callable[P, R], *, waits: bool = False) -> None:
        self.stub = self.function = stub
        self.waits = waits
        HOOKS.append(self)

    def fill(self, function: Callable[P, R]) -> None:
        """Have calls of the hook call `function`."""
        self.function = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call what was filled in."""
        return self.function(*args, **kwargs)


HOOKS: Final[list[Hook[..., Any]]] = []


@register
def check_hooks(**_: Any) -> list[CheckMessage]:
    """Return an error for each hook that no app fills in."""
    empty = [hook.stub.__qualname__ for hook in HOOKS if hook.function is hook.stub and not hook.waits]
    return [Error(f"No app provides {name}.", id="common.E003") for name in empty]


@Hook
def account_mail_put(*, user_key: str, email: EmailMultiAlternatives, now: datetime) -> object:
    """Put an account mail into the outbox; `user_key` says whose it is, without an address."""
    raise NotImplementedError
