"""Identities over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.openapi import ErrorResponse
from apps.common.views import StrictView
from apps.identities.authentication import require_token
from apps.identities.serializers import IdentityInput, IdentityOutput
from apps.identities.services import STATES, identity_generate


class GenerateIdentityView(StrictView):
    """Random test identities for whoever knows the token; no account is involved."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        tags=["Identities"],
        summary="Generate a test identity",
        request=IdentityInput,
        responses={201: IdentityOutput, 403: ErrorResponse},
        auth=[{"identitiesToken": []}],  # type: ignore[list-item]  # OpenAPI wants objects
    )
    def post(self, request: Request) -> Response:
        """Return a person who does not exist, with an e-mail address that was never returned before."""
        require_token(request.headers.get("Authorization", ""))
        data = IdentityInput(data=request.data, context={"states": STATES})
        data.is_valid(raise_exception=True)
        identity = identity_generate(domain=data.validated_data.get("domain"), state=data.validated_data.get("state"))
        return Response(IdentityOutput(identity).data, status=201)
