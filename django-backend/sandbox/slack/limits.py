"""Slack's limits on blocks and modals, reported as Slack does: a sentence, and where in the JSON it applies.

Only the blocks and elements that the product uses are known; any other type is refused, so that a message
that works here works there.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

MESSAGE_TEXT = 40_000
# Of all texts in the blocks together. Slack does not publish the number; users report refusals from here on.
BLOCKS_TEXT = 12_500

# Adds to the errors what is wrong with a value; the text is its place, a JSON pointer.
_Rule = Callable[[list[str], Any, str], None]


def _fail(errors: list[str], where: str, sentence: str) -> None:
    errors.append(f"[ERROR] {sentence} [json-pointer:{where}]")


def _anything(_errors: list[str], _found: Any, _where: str) -> None:
    """Accept anything: Slack has limits here too, which the product does not come near."""


def _length(most: int, least: int = 1) -> _Rule:
    def check(errors: list[str], found: Any, where: str) -> None:
        if not isinstance(found, str):
            _fail(errors, where, "must be a string")
        elif len(found) > most:
            _fail(errors, where, f"must be less than {most + 1} characters")
        elif len(found) < least:
            _fail(errors, where, f"must be more than {least - 1} characters")

    return check


def _word(*known: str) -> _Rule:
    def check(errors: list[str], found: Any, where: str) -> None:
        if found not in known:
            _fail(errors, where, f"must be {' or '.join(known)}")

    return check


def _whole(errors: list[str], found: Any, where: str) -> None:
    if not 0 <= found <= 3_000:  # noqa: PLR2004 - Slack's own
        _fail(errors, where, "must be from 0 to 3000")


def _url(errors: list[str], found: Any, where: str) -> None:
    _length(3_000)(errors, found, where)
    if isinstance(found, str) and not found.startswith(("http://", "https://")):
        _fail(errors, where, "must be an http or https URL")


def _object(free: str = "", optional: Mapping[str, _Rule] | None = None, **required: _Rule) -> _Rule:
    """Allow only the `required` and `optional` fields and those in `free`, which may have any value, as `type` may."""
    rules = {**dict.fromkeys(["type", *free.split()], _anything), **required, **(optional or {})}

    def check(errors: list[str], found: Any, where: str) -> None:
        if not isinstance(found, dict):
            _fail(errors, where, "must be an object")
            return
        for name in sorted(required.keys() - found.keys()):
            _fail(errors, where, f"missing required field: {name}")
        for name in sorted(found.keys() - rules.keys()):
            _fail(errors, where, f"invalid additional property: {name}")
        for name in [name for name in rules if name in found]:
            rules[name](errors, found[name], f"{where}/{name}")

    return check


def _list(most: int, of: _Rule, *, unique: str = "", least: int = 1) -> _Rule:
    """Require a list, in which the field `unique` has no value twice."""

    def check(errors: list[str], found: Any, where: str) -> None:
        if not isinstance(found, list) or len(found) < least:
            _fail(errors, where, "must be a list with at least one item" if least else "must be a list of blocks")
            return
        if len(found) > most:
            _fail(errors, where, f"no more than {most} items allowed")
        for place, item in enumerate(found):
            of(errors, item, f"{where}/{place}")
        names = Counter(item[unique] for item in found if isinstance(item, dict) and unique in item)
        for name in [name for name, times in names.items() if times > 1]:
            _fail(errors, where, f"{unique} {name} is used twice")

    return check


def _typed(known: Mapping[str, _Rule]) -> _Rule:
    """Choose the rule by `type`."""

    def check(errors: list[str], found: Any, where: str) -> None:
        kind = found.get("type") if isinstance(found, dict) else None
        if rule := known.get(str(kind)):
            rule(errors, found, where)
        else:
            _fail(errors, where, f"unsupported type: {kind}")

    return check


def _text(most: int, *kinds: str) -> _Rule:
    return _object("emoji verbatim", type=_word(*kinds or ("plain_text", "mrkdwn")), text=_length(most))


def _plain(most: int) -> _Rule:
    return _text(most, "plain_text")


def _section(errors: list[str], found: Any, where: str) -> None:
    if not found.get("text") and not found.get("fields"):
        _fail(errors, where, "missing required field: text or fields")
    parts = {"text": _text(3_000), "fields": _list(10, _text(2_000)), "accessory": _PRESSED}
    _object("expand", _BLOCK | parts)(errors, found, where)


_STYLE: Final = {"style": _word("primary", "danger")}
_CONFIRM: Final = _object("", {"confirm": _plain(30), "deny": _plain(30)} | _STYLE, title=_plain(100), text=_text(300))
_BLOCK: Final[dict[str, _Rule]] = {"block_id": _length(255)}
_ACTION: Final[dict[str, _Rule]] = {"action_id": _length(255), "confirm": _CONFIRM}
_BUTTON: Final = _ACTION | _STYLE | {"value": _length(2_000, least=0), "url": _url}
_INPUT: Final = {"action_id": _length(255), "placeholder": _plain(150), "min_length": _whole, "max_length": _whole}
_MENU: Final = _object(
    "focus_on_load initial_option",
    _ACTION | {"placeholder": _plain(150)},
    options=_list(100, _object("description", text=_plain(75), value=_length(150))),
)
_PRESSED: Final = _typed({"button": _object("", _BUTTON, text=_plain(75)), "static_select": _MENU})
_TEXT_INPUT: Final = _object("initial_value multiline focus_on_load", _INPUT)
_IN_INPUT: Final = _typed({"plain_text_input": _TEXT_INPUT, "static_select": _MENU})
_BLOCKS: Final = {
    "section": _section,
    "header": _object("", _BLOCK, text=_plain(150)),
    "divider": _object("", _BLOCK),
    "context": _object("", _BLOCK, elements=_list(10, _text(3_000))),
}
# Buttons inside a modal cannot be pressed here, so a modal has no actions.
_IN_MESSAGE: Final = {"actions": _object("", _BLOCK, elements=_list(25, _PRESSED, unique="action_id"))}
_HINT: Final = {"hint": _plain(2_000)}
_IN_VIEW: Final = {"input": _object("optional dispatch_action", _BLOCK | _HINT, label=_plain(2_000), element=_IN_INPUT)}
_MESSAGE: Final = _list(50, _typed(_BLOCKS | _IN_MESSAGE), unique="block_id", least=0)
_VIEW: Final = _object(
    "clear_on_close notify_on_close external_id",
    {
        "submit": _plain(24),
        "close": _plain(24),
        "private_metadata": _length(3_000, least=0),
        "callback_id": _length(255, least=0),
    },
    type=_word("modal"),
    title=_plain(24),
    blocks=_list(100, _typed(_BLOCKS | _IN_VIEW), unique="block_id", least=0),
)


def check_blocks(blocks: Any) -> list[str]:
    """Return what Slack would say against the blocks of a message; nothing if they are in order."""
    return _checked(_MESSAGE, blocks, "/blocks")


def check_view(view: Any) -> list[str]:
    """Return what Slack would say against a modal; nothing if it is in order."""
    errors = _checked(_VIEW, view, "/view")
    if not errors and "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
        _fail(errors, "/view", "missing required field: submit (there are input blocks)")
    return errors


def _checked(rule: _Rule, found: Any, where: str) -> list[str]:
    errors: list[str] = []
    try:
        rule(errors, found, where)
    except TypeError:  # a list instead of a text, for example
        _fail(errors, where, "failed to match all allowed schemas")
    return errors


def blocks_length(found: Any) -> int:
    """Return how many characters the texts in some blocks have together."""
    if isinstance(found, list):
        return sum(map(blocks_length, found))
    if isinstance(found, dict):
        return sum(
            len(value) if name == "text" and isinstance(value, str) else blocks_length(value)
            for name, value in found.items()
        )
    return 0
