"""Faults on demand: what GitHub answers when a limit is exceeded, or when it has problems."""

from dataclasses import dataclass

# Errors that are the same each time: status and sentence.
REFUSALS = {
    "secondary": (403, "You have exceeded a secondary rate limit. Please wait."),  # with no time to wait
    "bad_token": (401, "Bad credentials"),
    "forbidden": (403, "Resource not accessible by personal access token"),
    "missing": (404, "Not Found"),
    "error_500": (500, "Server Error"),
}
KINDS = (
    "rate_limit",  # the hour is used up: 403, the time of the reset
    "rate_limit_429",  # the same as 429
    "retry_after",  # 403 with the seconds to wait
    "retry_after_429",
    *REFUSALS,
    "unavailable",  # 503 with a page
    "page",  # 200 with a page
    "timeout",
    "drop",
)


@dataclass
class Fault:
    """What happens to requests whose path starts with `path`, `times` more often; None: until it is taken away.

    `seconds` is until the reset, in `Retry-After`, or how long `timeout` lets the caller wait.
    """

    kind: str
    path: str = "/"
    times: int | None = 1
    seconds: int = 30

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        if (self.times is not None and self.times < 1) or self.seconds < 0:
            raise ValueError("times is at least 1, seconds at least 0")
