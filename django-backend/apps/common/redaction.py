"""Hides what must not stand in a log, a mail to operators or a report to an error tracker.

The first defence is not to say it: log calls name ids, and what an exception says is left out. This is the last one, a
look at the finished text for what has a form of its own: addresses of mail, telephone numbers, tokens, passwords.
"""

import re
import traceback
from collections.abc import Iterator
from typing import Final

HIDDEN: Final = "[hidden]"
# Longer texts are cut before they are searched: a log line is no place for a payload.
MAX_TEXT: Final = 20_000
MAX_FRAMES: Final = 40

# Every repetition is bounded, so that no text makes the search slow.
_FORMS: Final = (
    # user:password@ in the address of a service
    (re.compile(r"://[^\s/@]{1,200}@"), f"://{HIDDEN}@"),
    # Everything that may precede the @, except the four characters that separate an address from its surroundings: / =
    # ? &
    (
        re.compile(
            r"(?:\"[^\"\r\n]{1,64}\"|[\w.!#$%'*+^`{|}~\\-]{1,64})(?:@|%40)"
            r"(?:localhost\b|\[[\w.:]{2,60}\]|[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"
        ),
        HIDDEN,
    ),
    (re.compile(r"(?i)\b(authorization|cookie|set-cookie)(['\"]?\s{0,3}[:=]\s{0,3})[^\r\n]{1,2000}"), rf"\1\2{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s{1,9}[\w.~+/=:-]{6,2000}"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"(?i)(?<![\w-])([\w-]{0,200}(?:password|passwd|secret|token|api_?key|signature|sessionid|email|phone)\d?)"
            r"(['\"]?\s{0,3}[=:]\s{0,3})(?:'[^']{1,2000}'|\"[^\"]{1,2000}\"|[^\s&;,'\"})]{1,2000})"
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"\beyJ[\w-]{5,2000}\.[\w-]{5,2000}\.[\w-]{5,2000}"), HIDDEN),  # JSON Web Token
    (re.compile(r"\bx(?:ox[a-z]|app)-[\w-]{6,200}"), HIDDEN),  # Slack
    (re.compile(r"\b(?:[sr]k_(?:live|test)|whsec)_\w{6,300}"), HIDDEN),  # Stripe
    (re.compile(r"\bgh[a-z]_\w{20,200}|\bgithub_pat_\w{20,200}"), HIDDEN),
    # What Django signs: value:signature, value:time:signature; and its keys for a new password. It is looked for where
    # a word begins: searching from each letter, one long word would take half a second.
    (re.compile(r"(?<![\w.=-])[\w.=-]{1,20000}(?::[\w-]{4,8})?:[\w-]{27,64}(?![\w-])"), HIDDEN),
    (re.compile(r"\b(?:[0-9A-Za-z]{1,40}-)?[0-9a-z]{4,10}-[0-9a-f]{32}\b"), HIDDEN),
    # PostgreSQL quotes the row that it refuses.
    (re.compile(r"(DETAIL:\s{1,4})[^\r\n]{1,2000}"), rf"\1{HIDDEN}"),
    (re.compile(r"(?<![\w.:+-])\+[1-9](?:[ .()-]{0,2}\d){7,14}(?!\w)"), HIDDEN),
)
# Exception classes whose messages are about services and code, never about people. Of all others only class and
# location are reported.
_OF_SERVICES: Final = frozenset(
    {
        "builtins.AttributeError", "builtins.ImportError", "builtins.NameError", "builtins.OSError",
        "builtins.TypeError", "django.core.exceptions.ImproperlyConfigured", "django.db.utils.OperationalError",
        "django.db.utils.ProgrammingError", "kombu.exceptions.OperationalError", "redis.exceptions.RedisError",
        "celery.exceptions.NotRegistered",
    }
)  # fmt: skip
_LONG_PART: Final = 48  # longer than any id or word of ours


def redacted(text: str) -> str:
    """Return the text without addresses, numbers, tokens and passwords that can be known by their form."""
    text = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}… ({len(text)} characters)"
    for form, instead in _FORMS:
        text = form.sub(instead, text)
    return text


def redacted_path(path: str) -> str:
    """Return the path of an address without the tokens that links in mails carry; ids stay."""
    parts = path.partition("?")[0].split("/")
    return redacted("/".join(HIDDEN if len(part) > _LONG_PART else part for part in parts))


def error_words(error: BaseException) -> str:
    """Return the message of an exception if its class never quotes what people typed; else nothing.

    One line of it: PostgreSQL quotes the statement, with its values, from the second.
    """
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    return redacted(str(error).partition("\n")[0][:300]) if kinds & _OF_SERVICES else ""


def error_line(error: BaseException) -> str:
    """Return class and permitted message of an exception in one line."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    words = error_words(error)
    return f"{kind}: {words}" if words else kind


def error_chain(error: BaseException) -> Iterator[BaseException]:
    """Yield a failure, then what caused it, and so on; each once."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        hidden = current.__suppress_context__
        current = current.__cause__ or (None if hidden else current.__context__)


def error_text(error: BaseException) -> str:
    """Return the traceback of a failure and its causes: places and lines of code, kinds, permitted words."""
    return "\ncaused by\n".join(_place_text(one) + error_line(one) for one in error_chain(error))


def error_frames(error: BaseException) -> tuple[traceback.StackSummary, traceback.StackSummary]:
    """Return where a failure came from: the first places, and the last ones if there are more than MAX_FRAMES.

    Endless recursion has a thousand. They would fill a log line and exceed what the tracker takes.
    """
    frames = traceback.extract_tb(error.__traceback__)
    if len(frames) <= MAX_FRAMES:
        return frames, traceback.StackSummary()
    half = MAX_FRAMES // 2
    return traceback.StackSummary.from_list(frames[:half]), traceback.StackSummary.from_list(frames[-half:])


def _place_text(error: BaseException) -> str:
    first, last = error_frames(error)
    between = ["  …\n"] if last else []
    return "".join([*first.format(), *between, *last.format()])
