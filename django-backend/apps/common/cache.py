"""The shared cache: Redis, or the memory of each process while Redis is unavailable."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any, ClassVar, Final, cast

from django.core.cache.backends import redis
from django.core.cache.backends.locmem import LocMemCache
from django.utils.functional import cached_property
from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# How long a process leaves a failed Redis alone: only the first request in that time waits for its timeout.
REST_SECONDS: Final = 30
_ASKING: Final = Lock()
_OWN: Final = {"OPTIONS": {"MAX_ENTRIES": 10_000}}
# How long Redis may answer instead of PostgreSQL. Whoever cannot reach Redis waits that long after a change.
RECORD_SECONDS: Final = 10
# A connection that a firewall has cut fails at its next command; a new one works. A silent Redis is not asked twice.
_AT_ONCE_AGAIN: Final = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))


@dataclass(frozen=True)
class Record:
    """What Redis has under a name, None for nothing, and the marks under which it may be replaced; see records.py.

    `number` is the new value of the counter, None if Redis has not counted. `flagged` says whether the flag is there,
    None if nobody asked.
    """

    name: str
    marks: bytes
    value: bytes | None = None
    number: int | None = None
    flagged: int | None = None


class _Client(redis.RedisCacheClient):
    # Each counted request is one command. Django asks first whether the key is there, which is another one.
    _COUNT: Final = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('INCRBY', KEYS[1], ARGV[1]) end"

    # Marks are made before their sources are read, and never live longer because somebody asks.
    _READ: Final = """
local marks, sources, flags = '', tonumber(ARGV[3]), tonumber(ARGV[4])
for i = 2, sources + 1 do
  redis.call('SET', KEYS[i], ARGV[1], 'NX', 'PX', ARGV[2])
  marks = marks .. redis.call('GET', KEYS[i])
end
local stored, counter = redis.call('GET', KEYS[1]), KEYS[sources + flags + 2]
if not stored or string.sub(stored, 1, #marks) ~= marks then return {marks} end
local number = counter and redis.call('EXISTS', counter) == 1 and redis.call('INCR', counter)
local flagged = flags == 1 and redis.call('EXISTS', KEYS[sources + 2])
return {marks, string.sub(stored, #marks + 1), number or false, flagged}
"""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, retry=_AT_ONCE_AGAIN, **options)
        self._kept: dict[bool, Redis] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Redis:
        # Django makes a new one for each command, which takes longer than the command.
        if write not in self._kept:
            self._kept[write] = super().get_client(key, write=write)
        return self._kept[write]

    def incr(self, key: Any, delta: int) -> int:
        client = self.get_client(key, write=True)
        number: int | None = client.register_script(self._COUNT)(keys=[key], args=[delta])
        if number is None:
            raise ValueError(f"Key {key!r} not found.")
        return number

    @cached_property
    def read_record(self) -> Script:
        return self.get_client(write=True).register_script(self._READ)


class _Shared(redis.RedisCache):
    """Django's cache, with records."""

    def record(
        self, name: str, sources: Sequence[str], counter: str | None = None, flag: str | None = None
    ) -> Record | None:
        """Return what Redis knows, nothing if one of the sources has changed since; count when it knows something."""
        keys = [self.make_key(one) for one in (name, *sources, flag, counter) if one]
        arguments: list[str | int] = [secrets.token_hex(8), int(RECORD_SECONDS * 1000), len(sources), int(bool(flag))]
        client = cast("_Client", self._cache)
        return Record(name, *client.read_record(keys=keys, args=arguments))

    def record_set(self, record: Record, value: bytes) -> None:
        """Keep what the sources said when they were read after `record`."""
        client = self._cache.get_client(write=True)
        client.set(self.make_key(record.name), record.marks + value, px=int(RECORD_SECONDS * 1000))


class _Own(LocMemCache):
    """The memory of the process. It keeps no records: no other process could end them."""

    def record(self, *_arguments: object) -> Record | None:
        return None

    def record_set(self, record: Record, value: bytes) -> None:
        return None


def _forgiving(operation: str) -> Any:
    def method(self: "RedisCache", *args: Any, **kwargs: Any) -> Any:
        return self.ask(operation, *args, **kwargs)

    return method


class RedisCache(_Shared):
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
        self._own = _Own(server, {**params, **_OWN})

    def ask(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the Redis cache, or of the process's own memory while Redis is unavailable."""
        if self._may_ask():
            works = True
            try:
                return getattr(_Shared, operation)(self, *args, **kwargs)
            except (RedisError, OSError) as error:
                works = False
                self._rest()
                logger.warning("Redis failed and is not asked for %d s: %s.", REST_SECONDS, type(error).__name__)
            finally:
                if works:
                    self.resting_until.pop(self._server, None)
        return getattr(self._own, operation)(*args, **kwargs)

    def source_changed(self, source: str) -> bool:
        """End the records of a source; return whether it is done. Redis is asked even while it is left alone."""
        try:
            self._cache.get_client(write=True).delete(self.make_key(source))
        except (RedisError, OSError) as error:
            self._rest()
            logger.warning("Redis could not end records, so they are waited for: %s.", type(error).__name__)
            return False
        return True

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
    record = _forgiving("record")
    record_set = _forgiving("record_set")
