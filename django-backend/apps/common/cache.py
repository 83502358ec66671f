"""The shared cache: Redis, or the memory of each process while Redis is unavailable."""

import logging
from threading import Lock
from time import monotonic
from typing import Any, ClassVar, Final

from django.core.cache.backends import redis
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# How long a process leaves a failed Redis alone: only the first request in that time waits for its timeout.
REST_SECONDS: Final = 30
_ASKING: Final = Lock()
_OWN: Final = {"OPTIONS": {"MAX_ENTRIES": 10_000}}


class _Client(redis.RedisCacheClient):
    # Each counted request is one command. Django asks first whether the key is there, which is another one.
    _COUNT: Final = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('INCRBY', KEYS[1], ARGV[1]) end"

    def incr(self, key: Any, delta: int) -> int:
        client = self.get_client(key, write=True)
        number: int | None = client.register_script(self._COUNT)(keys=[key], args=[delta])
        if number is None:
            raise ValueError(f"Key {key!r} not found.")
        return number


def _forgiving(operation: str) -> Any:
    def method(self: "RedisCache", *args: Any, **kwargs: Any) -> Any:
        return self.ask(operation, *args, **kwargs)

    return method


class RedisCache(redis.RedisCache):
    """Redis for all processes. A Redis that refuses, fails or hangs delays one request and fails none.

    Until Redis is tried again, each process keeps values in its own memory, so limits of requests and logins still hold
    within each process. Whatever must not be lost, or must end everywhere at once, belongs in PostgreSQL.
    """

    # By server, for the whole process: Django makes one object of this class for each thread.
    resting_until: ClassVar[dict[str, float]] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client
        self._server = server
        self._own = LocMemCache(server, {**params, **_OWN})

    def ask(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the Redis cache, or of the process's own memory while Redis is unavailable."""
        if self._may_ask():
            works = True
            try:
                return getattr(redis.RedisCache, operation)(self, *args, **kwargs)
            except (RedisError, OSError) as error:
                works = False
                self._rest()
                logger.warning("Redis failed and is not asked for %d s: %s.", REST_SECONDS, type(error).__name__)
            finally:
                if works:
                    self.resting_until.pop(self._server, None)
        return getattr(self._own, operation)(*args, **kwargs)

    def _may_ask(self) -> bool:
        if self._server not in self.resting_until:
            return True
        with _ASKING:  # one thread checks whether Redis is back; the others go on without it
            if monotonic() < self.resting_until.get(self._server, 0.0):
                return False
            self._rest()
            return True

    def _rest(self) -> None:
        self.resting_until[self._server] = monotonic() + REST_SECONDS

    # The methods that reach Redis; Django's other ones call these.
    add = _forgiving("add")
    get = _forgiving("get")
    set = _forgiving("set")
    touch = _forgiving("touch")
    delete = _forgiving("delete")
    get_many = _forgiving("get_many")
    has_key = _forgiving("has_key")
    incr = _forgiving("incr")
    set_many = _forgiving("set_many")
    delete_many = _forgiving("delete_many")
    clear = _forgiving("clear")
