"""Work that loses against other transactions is repeated."""

from collections.abc import Callable
from typing import Final, TypeVar

from django.db import OperationalError

from apps.common.database import is_collision
from apps.orders.errors.orders import CheckoutBusy

R = TypeVar("R")
TIMES: Final = 3


def retried(work: Callable[[], R]) -> R:
    """Do the work, which has a transaction of its own, again after a deadlock or a serialization failure.

    Raises:
        CheckoutBusy: it lost `TIMES` times.
    """
    for _ in range(TIMES):
        try:
            return work()
        except OperationalError as error:
            if not is_collision(error):
                raise
    raise CheckoutBusy
