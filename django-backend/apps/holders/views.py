"""API of the signed-in person: their profile."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.views import StrictView
from apps.holders.selectors import profile_of, ticket_holder_of
from apps.holders.serializers import ProfileInput, ProfileOutput, TicketHolderInput, TicketHolderOutput
from apps.holders.services import profile_update, ticket_holder_put
from apps.users.models import User


class ProfileView(StrictView):
    """The signed-in user; `ticket_holder` is null for buyers and staff."""

    @extend_schema(operation_id="me_retrieve", summary="Who am I", responses=ProfileOutput, tags=["me"])
    def get(self, request: Request) -> Response:
        """Return the user and, when there is one, their ticket holder."""
        return Response(ProfileOutput(profile_of(cast("User", request.user))).data)

    @extend_schema(
        operation_id="me_update",
        summary="Change my names and contact data",
        request=ProfileInput(partial=True),
        responses=ProfileOutput,
        tags=["me"],
    )
    def patch(self, request: Request) -> Response:
        """Change what is sent, return the whole profile.

        Holder data is nested as in the answer: `{"ticket_holder": {"phone": "+12155550123"}}`. E-mail address, roles
        and verification cannot be changed here; these fields are refused.
        """
        holder = ticket_holder_of(request.user)
        form = ProfileInput(data=request.data, partial=True, context={"address": holder.address} if holder else {})
        form.is_valid(raise_exception=True)
        changes: dict[str, Any] = dict(form.validated_data)
        profile_update(user=cast("User", request.user), holder_changes=changes.pop("ticket_holder", None), **changes)
        return self.get(request)


class TicketHolderView(StrictView):
    """The signed-in user as a ticket holder."""

    @extend_schema(
        operation_id="me_holder_put",
        summary="Become a ticket holder, or replace my contact data",
        request=TicketHolderInput,
        responses={200: TicketHolderOutput, 201: TicketHolderOutput},
        tags=["me"],
    )
    def put(self, request: Request) -> Response:
        """Make the user a ticket holder, who may register season tickets and list seats: 201.

        For a ticket holder it replaces phone, address, time zone and interests: 200. What is left out gets its default.
        """
        form = TicketHolderInput(data=request.data)
        form.is_valid(raise_exception=True)
        holder, is_new = ticket_holder_put(user=cast("User", request.user), **form.validated_data)
        return Response(TicketHolderOutput(holder).data, status=201 if is_new else 200)
