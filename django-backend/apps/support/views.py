"""The contact form over HTTP."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.openapi import ErrorResponse
from apps.common.views import StrictView
from apps.support.permissions import ContactThrottle
from apps.support.serializers import ContactInput, ContactOutput
from apps.support.services import contact_message_receive

THANKS = "Thank you. We answer by e-mail."


class ContactView(StrictView):
    """Open to everybody, with an account or without."""

    permission_classes = (AllowAny,)
    throttle_classes = (ContactThrottle,)

    @extend_schema(
        tags=["Support"],
        summary="Write to us",
        request=ContactInput,
        responses={201: ContactOutput, 429: ErrorResponse},
    )
    def post(self, request: Request) -> Response:
        """Store a message and notify support. At most 5 an hour from one address, 20 a day with an account."""
        data = ContactInput(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        contact_message_receive(
            user_id=request.user.pk,
            name=given["name"],
            email=given["email"],
            subject=given["subject"],
            message=given["message"],
            trap=given["website"],
            now=timezone.now(),
        )
        return Response(ContactOutput({"detail": THANKS}).data, status=201)
