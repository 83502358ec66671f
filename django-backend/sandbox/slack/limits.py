"""Slack's limits on blocks and modals, told as Slack tells them: a sentence and where in the JSON it applies.

Only the blocks and elements that the product uses are known; any other type is refused, so that a message
that works here works there.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

MESSAGE_BLOCKS, MODAL_BLOCKS = 50, 100
MESSAGE_TEXT = 40_000
# Of all texts in the blocks together. Slack tells no number; refused messages are reported from here on.
BLOCKS_TEXT = 12_500
_ID, _SECTION_TEXT, _FIELD_TEXT, _FIELDS, _HEADER = 255, 3000, 2000, 10, 150
_BUTTON_TEXT, _BUTTON_VALUE, _URL = 75, 2000, 3000
_ACTIONS, _CONTEXT = 25, 10
_OPTIONS, _CHOICES, _OPTION_TEXT, _OPTION_VALUE, _PLACEHOLDER = 100, 10, 75, 150, 150
_MODAL_TITLE, _PRIVATE_METADATA, _INPUT_TEXT = 24, 3000, 3000
_CHOOSERS = ("static_select", "radio_buttons", "checkboxes")
_ACTIONABLE = {"button", "plain_text_input", *_CHOOSERS}


class _Check:
    """Walks through blocks and gathers what is wrong; `where` is a JSON pointer."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def fail(self, where: str, sentence: str) -> None:
        self.errors.append(f"[ERROR] {sentence} [json-pointer:{where}]")

    def keys(self, found: Any, where: str, required: str, optional: str = "") -> bool:
        """Whether it is an object with the required keys; unknown keys are errors too."""
        if not isinstance(found, dict):
            self.fail(where, "must be an object")
            return False
        wanted, known = set(required.split()), set(f"{required} {optional} type".split())
        for name in sorted(wanted - found.keys()):
            self.fail(where, f"missing required field: {name}")
        for name in sorted(found.keys() - known):
            self.fail(where, f"invalid additional property: {name}")
        return wanted <= found.keys()

    def length(self, found: Any, where: str, most: int, least: int = 1) -> None:
        """A text or list of `least` to `most` characters or items."""
        if not isinstance(found, str):
            self.fail(where, "must be a string")
        elif len(found) > most:
            self.fail(where, f"must be less than {most + 1} characters")
        elif len(found) < least:
            self.fail(where, f"must be more than {least - 1} characters")

    def items(self, found: Any, where: str, most: int) -> list[Any]:
        if not isinstance(found, list) or not found:
            self.fail(where, "must be a list with at least one item")
            return []
        if len(found) > most:
            self.fail(where, f"no more than {most} items allowed")
        return found

    def text(self, found: Any, where: str, most: int, *, plain: bool = False) -> None:
        if not self.keys(found, where, "type text", "emoji verbatim"):
            return
        if found["type"] not in ({"plain_text"} if plain else {"plain_text", "mrkdwn"}):
            self.fail(f"{where}/type", "must be plain_text" if plain else "must be plain_text or mrkdwn")
        self.length(found["text"], f"{where}/text", most)

    def confirm(self, found: Any, where: str) -> None:
        if self.keys(found, where, "title text", "confirm deny style"):
            self.text(found["title"], f"{where}/title", 100, plain=True)
            self.text(found["text"], f"{where}/text", 300)
            for name in ("confirm", "deny"):
                if name in found:
                    self.text(found[name], f"{where}/{name}", 30, plain=True)
            self.style(found, where)

    def style(self, found: dict[str, Any], where: str) -> None:
        if found.get("style", "primary") not in {"primary", "danger"}:
            self.fail(f"{where}/style", "must be primary or danger")

    def element(self, found: Any, where: str, allowed: set[str]) -> None:
        kind = found.get("type") if isinstance(found, dict) else None
        if kind not in allowed:
            self.fail(where, f"unsupported type: {kind}")
            return
        if kind in _ACTIONABLE and "action_id" in found:
            self.length(found["action_id"], f"{where}/action_id", _ID)
        _ELEMENTS[kind](self, found, where)

    def button(self, found: dict[str, Any], where: str) -> None:
        if self.keys(found, where, "text", "action_id value url style confirm accessibility_label"):
            self.text(found["text"], f"{where}/text", _BUTTON_TEXT, plain=True)
        if "value" in found:
            self.length(found["value"], f"{where}/value", _BUTTON_VALUE, least=0)
        if "url" in found:
            self.url(found["url"], f"{where}/url")
        if "confirm" in found:
            self.confirm(found["confirm"], f"{where}/confirm")
        self.style(found, where)

    def url(self, found: Any, where: str) -> None:
        self.length(found, where, _URL)
        if isinstance(found, str) and not found.startswith(("http://", "https://")):
            self.fail(where, "must be an http or https URL")

    def chooser(self, found: dict[str, Any], where: str) -> None:
        optional = "action_id confirm focus_on_load placeholder initial_option initial_options"
        if not self.keys(found, where, "options", optional):
            return
        most = _OPTIONS if found["type"] == "static_select" else _CHOICES
        for place, option in enumerate(self.items(found["options"], f"{where}/options", most)):
            here = f"{where}/options/{place}"
            if self.keys(option, here, "text value", "description"):
                self.text(option["text"], f"{here}/text", _OPTION_TEXT, plain=found["type"] == "static_select")
                self.length(option["value"], f"{here}/value", _OPTION_VALUE)
        if "placeholder" in found:
            self.text(found["placeholder"], f"{where}/placeholder", _PLACEHOLDER, plain=True)
        if "confirm" in found:
            self.confirm(found["confirm"], f"{where}/confirm")

    def text_input(self, found: dict[str, Any], where: str) -> None:
        self.keys(
            found, where, "type", "action_id initial_value multiline min_length max_length placeholder focus_on_load"
        )
        if "placeholder" in found:
            self.text(found["placeholder"], f"{where}/placeholder", _PLACEHOLDER, plain=True)
        for name in ("min_length", "max_length"):
            if not 0 <= found.get(name, 1) <= _INPUT_TEXT:
                self.fail(f"{where}/{name}", f"must be from 0 to {_INPUT_TEXT}")

    def image(self, found: dict[str, Any], where: str) -> None:
        if self.keys(found, where, "image_url alt_text", "block_id title"):
            self.url(found["image_url"], f"{where}/image_url")
            self.length(found["alt_text"], f"{where}/alt_text", 2000)

    def section(self, found: dict[str, Any], where: str) -> None:
        self.keys(found, where, "type", "text fields accessory block_id expand")
        if not found.get("text") and not found.get("fields"):
            self.fail(where, "missing required field: text or fields")
        if "text" in found:
            self.text(found["text"], f"{where}/text", _SECTION_TEXT)
        if "fields" in found:
            for place, item in enumerate(self.items(found["fields"], f"{where}/fields", _FIELDS)):
                self.text(item, f"{where}/fields/{place}", _FIELD_TEXT)
        if "accessory" in found:
            self.element(found["accessory"], f"{where}/accessory", {"button", "static_select", "image"})

    def header(self, found: dict[str, Any], where: str) -> None:
        if self.keys(found, where, "text", "block_id"):
            self.text(found["text"], f"{where}/text", _HEADER, plain=True)

    def divider(self, found: dict[str, Any], where: str) -> None:
        self.keys(found, where, "type", "block_id")

    def context(self, found: dict[str, Any], where: str) -> None:
        if self.keys(found, where, "elements", "block_id"):
            for place, element in enumerate(self.items(found["elements"], f"{where}/elements", _CONTEXT)):
                here = f"{where}/elements/{place}"
                if isinstance(element, dict) and element.get("type") == "image":
                    self.image(element, here)
                else:
                    self.text(element, here, _SECTION_TEXT)

    def actions(self, found: dict[str, Any], where: str) -> None:
        if self.keys(found, where, "elements", "block_id"):
            elements = self.items(found["elements"], f"{where}/elements", _ACTIONS)
            for place, element in enumerate(elements):
                self.element(element, f"{where}/elements/{place}", {"button", "static_select"})
            names = Counter(item["action_id"] for item in elements if isinstance(item, dict) and "action_id" in item)
            for name in (name for name, times in names.items() if times > 1):
                self.fail(f"{where}/elements", f"action_id {name} is used twice in this block")

    def input(self, found: dict[str, Any], where: str) -> None:
        if self.keys(found, where, "label element", "block_id hint optional dispatch_action"):
            self.text(found["label"], f"{where}/label", 2000, plain=True)
            self.element(found["element"], f"{where}/element", {"plain_text_input", *_CHOOSERS})
        if "hint" in found:
            self.text(found["hint"], f"{where}/hint", 2000, plain=True)

    def blocks(self, found: Any, where: str, *, most: int, known: dict[str, "_Rule"]) -> None:
        if not isinstance(found, list):
            self.fail(where, "must be a list of blocks")
            return
        if len(found) > most:
            self.fail(where, f"no more than {most} items allowed")
        for place, block in enumerate(found):
            kind = block.get("type") if isinstance(block, dict) else None
            if kind not in known:
                self.fail(f"{where}/{place}", f"unsupported type: {kind}")
                continue
            if "block_id" in block:
                self.length(block["block_id"], f"{where}/{place}/block_id", _ID)
            known[kind](self, block, f"{where}/{place}")
        names = Counter(block["block_id"] for block in found if isinstance(block, dict) and "block_id" in block)
        for name in (name for name, times in names.items() if times > 1):
            self.fail(where, f"block_id {name} is used twice")


_Rule = Callable[[_Check, dict[str, Any], str], None]
_ELEMENTS: dict[str, _Rule] = {
    "button": _Check.button,
    "image": _Check.image,
    "plain_text_input": _Check.text_input,
    **dict.fromkeys(_CHOOSERS, _Check.chooser),
}
_MESSAGE_BLOCKS: dict[str, _Rule] = {
    "section": _Check.section,
    "header": _Check.header,
    "divider": _Check.divider,
    "context": _Check.context,
    "actions": _Check.actions,
    "image": _Check.image,
}
# A press inside a modal is not played here, so a modal has no actions.
_MODAL_BLOCKS = {name: rule for name, rule in _MESSAGE_BLOCKS.items() if name != "actions"} | {"input": _Check.input}


def check_blocks(blocks: Any) -> list[str]:
    """Return what Slack would say against the blocks of a message; nothing if they are in order."""
    check = _Check()
    try:
        check.blocks(blocks, "/blocks", most=MESSAGE_BLOCKS, known=_MESSAGE_BLOCKS)
    except TypeError:  # a list where a text belongs, and the like
        check.fail("/blocks", "failed to match all allowed schemas")
    return check.errors


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


def check_view(view: Any) -> list[str]:
    """Return what Slack would say against a modal; nothing if it is in order."""
    check = _Check()
    try:
        _check_modal(check, view)
    except TypeError:
        check.fail("/view", "failed to match all allowed schemas")
    return check.errors


def _check_modal(check: _Check, view: Any) -> None:
    optional = "close submit private_metadata callback_id clear_on_close notify_on_close external_id"
    if not check.keys(view, "/view", "type title blocks", optional):
        return
    if view["type"] != "modal":
        check.fail("/view/type", "must be modal")
    for name in ("title", "submit", "close"):
        if name in view:
            check.text(view[name], f"/view/{name}", _MODAL_TITLE, plain=True)
    check.length(view.get("private_metadata", ""), "/view/private_metadata", _PRIVATE_METADATA, least=0)
    check.length(view.get("callback_id", ""), "/view/callback_id", _ID, least=0)
    check.blocks(view["blocks"], "/view/blocks", most=MODAL_BLOCKS, known=_MODAL_BLOCKS)
    inputs = [block for block in view["blocks"] if isinstance(block, dict) and block.get("type") == "input"]
    if inputs and "submit" not in view:
        check.fail("/view", "missing required field: submit (there are input blocks)")
