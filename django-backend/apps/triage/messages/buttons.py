"""Buttons that decide, and the question for a reason that the holder will read."""

from typing import Any, Final

from slack_sdk.models.blocks import (
    ButtonElement,
    ConfirmObject,
    InputBlock,
    PlainTextInputElement,
    PlainTextObject,
    SectionBlock,
)
from slack_sdk.models.views import View

from apps.common.slack_blocks import cut, markdown
from apps.triage.enums import TriageAction

MAX_QUESTION: Final = 300  # what Slack accepts
CALLBACK: Final = "triage.reason"
BLOCK: Final = "reason"
MAX_REASON: Final = 300
_TITLES: Final = {
    TriageAction.REJECT: "Reject season ticket",
    TriageAction.DECLINE: "Decline listings",
    TriageAction.DECLINE_DELISTING: "Keep on sale",
}


def button(action: TriageAction, text: str, *, value: str, style: str | None = None, sure: str = "") -> ButtonElement:
    """Return a button; with `sure` it asks that question before it acts."""
    confirm = (
        ConfirmObject(title="Are you sure?", text=PlainTextObject(text=sure), confirm=action.label, deny="Cancel")
        if sure
        else None
    )
    return ButtonElement(
        text=PlainTextObject(text=text, emoji=True), action_id=action.value, value=value, style=style, confirm=confirm
    )


def reason_modal(*, action: TriageAction, title: str, private_metadata: str) -> dict[str, Any]:
    """Return the modal; `title` is the text of the message, escaped already."""
    view = View(
        type="modal",
        callback_id=CALLBACK,
        title=PlainTextObject(text=_TITLES[action]),
        submit=PlainTextObject(text=action.label),
        close=PlainTextObject(text="Cancel"),
        private_metadata=private_metadata,
        blocks=[
            SectionBlock(text=markdown(cut(title, 1_000))),
            InputBlock(
                block_id=BLOCK,
                label=PlainTextObject(text="Reason"),
                hint=PlainTextObject(text="The holder reads this."),
                element=PlainTextInputElement(
                    action_id=BLOCK, multiline=True, min_length=1, max_length=MAX_REASON, focus_on_load=True
                ),
            ),
        ],
    )
    return view.to_dict()
