"""API of the signed-in person: their profile."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.views import StrictView
from apps.holders.selectors import profile_of
from apps.holders.serializers import ProfileInput, ProfileOutput
from apps.holders.services import profile_update
from apps.users.models import User


class ProfileView(StrictView):
    """The signed-in user; `ticket_holder` is null for accounts that consign nothing, such as staff."""

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

        Holder data is nested as it is read: `{"ticket_holder": {"phone": "+12155550123"}}`. E-mail address, roles and
        verification are not changed here; such fields are refused.
        """
        form = ProfileInput(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changes: dict[str, Any] = dict(form.validated_data)
        profile_update(user=cast("User", request.user), holder_changes=changes.pop("ticket_holder", None), **changes)
        return self.get(request)
