"""The inputs of a modal as people fill them in, checked as Slack's client checks them before anything is sent."""

from typing import Any

from sandbox.slack.blocks import Block


def filled(blocks: list[Block], values: dict[str, dict[str, Any]]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return `view.state.values` for what was filled in (text or an option's value), and what is wrong by block id.

    A required input is empty, a text is too long or short, an option or input does not exist.
    """
    state: dict[str, dict[str, Any]] = {}
    errors: dict[str, str] = {}
    inputs = {block["block_id"]: block for block in blocks if block["type"] == "input"}
    for block_id in values.keys() - inputs.keys():
        errors[block_id] = "There is no such input."
    for block_id, block in inputs.items():
        element = block["element"]
        given = values.get(block_id, {}).get(element["action_id"])
        try:
            state[block_id] = {element["action_id"]: _filled(element, given, required=not block.get("optional"))}
        except ValueError as problem:
            errors[block_id] = str(problem)
    return state, errors


def _filled(element: Block, given: Any, *, required: bool) -> dict[str, Any]:
    """Return the state of one input; a ValueError says what is wrong with it."""
    kind = element["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": _text(element, given, required=required)}
    chosen = next((option for option in element["options"] if option["value"] == given), None)
    if chosen is None and given not in (None, ""):
        raise ValueError("Choose one of the options.")
    if required and chosen is None:
        raise ValueError("Please complete this required field.")
    return {"type": kind, "selected_option": chosen}


def _text(element: Block, given: Any, *, required: bool) -> str | None:
    text = "" if given is None else str(given).replace("\r\n", "\n")
    if required and not text.strip():
        raise ValueError("Please complete this required field.")
    if text and len(text) < element.get("min_length", 0):
        raise ValueError(f"Write at least {element['min_length']} characters.")
    most = element.get("max_length") or len(text)
    if len(text) > most:
        raise ValueError(f"Write at most {most} characters.")
    return text or None
