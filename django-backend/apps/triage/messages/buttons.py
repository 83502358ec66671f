"""Buttons that decide."""

from typing import Final

from slack_sdk.models.blocks import ButtonElement, ConfirmObject, PlainTextObject

from apps.triage.enums import TriageAction

MAX_QUESTION: Final = 300  # what Slack takes


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
