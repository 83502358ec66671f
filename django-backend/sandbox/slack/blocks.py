"""Finding and completing what is interactive in blocks."""

import uuid
from collections.abc import Iterator
from typing import Any

Block = dict[str, Any]
_WITH_ACTION_ID = {"button", "static_select", "plain_text_input"}


def elements(block: Block) -> Iterator[Block]:
    """Yield the interactive elements of a block, in order."""
    candidates = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
    yield from (found for found in candidates if found and found.get("type") in _WITH_ACTION_ID)


def with_ids(blocks: list[Block]) -> list[Block]:
    """Give blocks and elements the ids they lack, as Slack does, and return them."""
    for block in blocks:
        block.setdefault("block_id", uuid.uuid4().hex[:5])
        for element in elements(block):
            element.setdefault("action_id", uuid.uuid4().hex[:8])
    return blocks


def pressable(blocks: list[Block], action_id: str, block_id: str | None = None) -> list[tuple[Block, Block]]:
    """Return the (block, element) pairs of that action id, of one block only if `block_id` is given."""
    return [
        (block, element)
        for block in blocks
        if block_id in {None, block.get("block_id")}
        for element in elements(block)
        if element["action_id"] == action_id
    ]
