"""Receives what people press and type in Slack. Each request is stored and answered at once; a worker does the rest."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.triage.enums import RequestKind
from apps.triage.messages.buttons import BLOCK
from apps.triage.permissions import SignedBySlack
from apps.triage.serializers import KINDS, ButtonPayload, CommandInput, InteractionInput, ReasonPayload
from apps.triage.services.requests import slack_request_receive


class _FromSlack(APIView):
    """Requests from Slack, authenticated by their signature, so neither login nor limits apply.

    They are not in the API description: Slack documents them, and nobody generates a client for them.
    """

    authentication_classes = ()
    permission_classes = (SignedBySlack,)
    throttle_classes = ()
    parser_classes = (FormParser,)

    def keep(self, request: Request, *, kind: RequestKind, slack_user: str, payload: dict[str, Any]) -> None:
        """Store the request under its signature, which is the same only for the same request."""
        signature, now = request.headers["X-Slack-Signature"], timezone.now()
        slack_request_receive(signature=signature, kind=kind, slack_user=slack_user, payload=payload, now=now)


class InteractionView(_FromSlack):
    """Buttons and modals."""

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        """Accept what was pressed or sent; other types of requests are accepted and dropped."""
        data = InteractionInput(data=request.data)
        data.is_valid(raise_exception=True)
        payload = data.validated_data["payload"]
        known = KINDS.get(str(payload.get("type")))
        if known is None:
            return Response()
        kind, form = known
        sent: ButtonPayload | ReasonPayload = form(data=payload)
        sent.is_valid(raise_exception=True)
        if isinstance(sent, ReasonPayload) and sent.problem:
            return Response({"response_action": "errors", "errors": {BLOCK: sent.problem}})
        if kept := sent.request:
            self.keep(request, kind=kind, slack_user=sent.validated_data["user"]["id"], payload=kept)
        return Response()


class CommandView(_FromSlack):
    """Slash commands."""

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        """Accept a command; a call that only checks our certificate has none."""
        if "ssl_check" in request.data:
            return Response()
        data = CommandInput(data=request.data)
        data.is_valid(raise_exception=True)
        sent = data.validated_data
        self.keep(
            request,
            kind=RequestKind.COMMAND,
            slack_user=sent["user_id"],
            payload={"text": sent["text"], "response_url": sent["response_url"], "channel": sent["channel_id"]},
        )
        return Response()
