"""The format of what Slack sends: https://docs.slack.dev/reference/interaction-payloads."""

from typing import Any, Final
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ParseError

from apps.common.characters import character_problem, one_kind_of_break
from apps.common.parsers import parse_json
from apps.triage.enums import ACTIONS_WITH_REASON, RequestKind, TriageAction
from apps.triage.messages.buttons import BLOCK, CALLBACK, MAX_REASON

_MAX_ID: Final = 40


class _UserInput(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=30)


class _ChannelInput(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=_MAX_ID)


class _ActionInput(serializers.Serializer[Any]):
    action_id = serializers.CharField(max_length=255)
    value = serializers.CharField(required=False, allow_blank=True, max_length=2_000)


class ButtonPayload(serializers.Serializer[Any]):
    """A button that was pressed in a message."""

    user = _UserInput()
    channel = _ChannelInput()
    trigger_id = serializers.CharField(max_length=200)
    actions = _ActionInput(many=True, allow_empty=False)

    @property
    def request(self) -> dict[str, Any] | None:
        pressed = self.validated_data["actions"][0]
        if pressed["action_id"] not in TriageAction.values:
            return None
        try:
            message_id, *twins = [str(UUID(part)) for part in pressed.get("value", "").split()]
        except ValueError:
            return None
        return {
            "action": pressed["action_id"],
            "message_id": message_id,
            "confirmed_twins": twins,
            "channel": self.validated_data["channel"]["id"],
            "trigger_id": self.validated_data["trigger_id"],
        }


class _MetadataInput(serializers.Serializer[Any]):
    message_id = serializers.UUIDField()
    action = serializers.ChoiceField(choices=sorted(ACTIONS_WITH_REASON))
    channel = serializers.CharField(max_length=_MAX_ID)


class _ViewInput(serializers.Serializer[Any]):
    callback_id = serializers.ChoiceField(choices=[CALLBACK])
    private_metadata = serializers.CharField(max_length=3_000)
    state = serializers.DictField()


class ReasonPayload(serializers.Serializer[Any]):
    """The answer to a question for a reason."""

    user = _UserInput()
    view = _ViewInput()

    def validate_view(self, view: dict[str, Any]) -> dict[str, Any]:
        """Read what the question was about, and the reason."""
        try:
            about = _MetadataInput(data=parse_json(view["private_metadata"]))
            values = view["state"]["values"]
            # NUL and unpaired surrogates, which JSON may contain, cannot be stored.
            typed = one_kind_of_break(str(values[BLOCK][BLOCK]["value"] or ""))
            reason = typed.replace("\0", "").encode(errors="ignore").decode().strip()
        except (ParseError, KeyError, TypeError):
            raise serializers.ValidationError("This is not the question for a reason.") from None
        about.is_valid(raise_exception=True)
        return {**about.validated_data, "reason": reason}

    @property
    def problem(self) -> str:
        """What is wrong with the reason, in words for the modal; empty if it is right."""
        reason = self.validated_data["view"]["reason"]
        if not reason:
            return "Please give a reason: the holder reads it."
        if len(reason) > MAX_REASON:
            return f"At most {MAX_REASON} characters."
        return character_problem(reason, multiline=True)

    @property
    def request(self) -> dict[str, Any]:
        view = self.validated_data["view"]
        return {
            "action": view["action"],
            "message_id": str(view["message_id"]),
            "channel": view["channel"],
            "reason": view["reason"],
        }


class CommandInput(serializers.Serializer[Any]):
    """A slash command, as Slack's form has it."""

    user_id = serializers.CharField(max_length=30)
    channel_id = serializers.CharField(max_length=_MAX_ID)
    text = serializers.CharField(allow_blank=True, max_length=500, default="")
    response_url = serializers.URLField(max_length=500)


class InteractionInput(serializers.Serializer[Any]):
    """What Slack posts when a button is pressed or a modal is sent."""

    payload = serializers.CharField(help_text="JSON of the type `block_actions` or `view_submission`.")

    def validate_payload(self, text: str) -> dict[str, Any]:
        try:
            payload = parse_json(text)
        except ParseError as error:
            raise serializers.ValidationError(error.detail) from None
        if not isinstance(payload, dict):
            raise serializers.ValidationError("This is not a JSON object.")
        return payload


KINDS: Final[dict[str, tuple[RequestKind, type[ButtonPayload] | type[ReasonPayload]]]] = {
    "block_actions": (RequestKind.BUTTON, ButtonPayload),
    "view_submission": (RequestKind.REASON, ReasonPayload),
}
