"""Mail preferences: the API of the signed-in person, and the pages that links in mails lead to."""

from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.views import StrictView
from apps.notifications.errors import MailLinkInvalid
from apps.notifications.selectors import mail_preferences_of
from apps.notifications.serializers.mail_preferences import MailPreferences
from apps.notifications.services.mail_preferences import mail_preferences_update, mail_token_read, mail_token_use

PAGE = "notifications/unsubscribe.html"


class MailPreferencesView(StrictView):
    """Which kinds of mail the signed-in user gets; mails about the account itself always come."""

    @property
    def user_id(self) -> UUID:
        """The id of the signed-in user; the permissions let nobody else through."""
        return cast("UUID", self.request.user.pk)

    @extend_schema(
        operation_id="mail_preferences_retrieve",
        summary="Which mails do I get",
        responses=MailPreferences,
        tags=["Notifications"],
    )
    def get(self, request: Request) -> Response:
        """Return every kind of mail: true when it is sent, which is how everybody begins."""
        return Response(MailPreferences(mail_preferences_of(user_id=self.user_id)).data)

    @extend_schema(
        operation_id="mail_preferences_update",
        summary="Switch kinds of mail on and off",
        request=MailPreferences(partial=True),
        responses=MailPreferences,
        tags=["Notifications"],
    )
    def patch(self, request: Request) -> Response:
        """Change the kinds that are sent, return all of them. Mails that wait to be sent follow it too."""
        form = MailPreferences(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        mail_preferences_update(user_id=self.user_id, wanted=dict(form.validated_data), now=timezone.now())
        return self.get(request)


# One-click posts come from mail servers, without a page or a cookie of ours; the token alone says who may.
@method_decorator([csrf_exempt, never_cache], name="dispatch")
class MailSwitchView(View):
    """Switches one kind of mail off, or with `is_wanted` on again, without a login (RFC 8058)."""

    is_wanted = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer 404 for a link that is not ours."""
        try:
            return cast("HttpResponse", super().dispatch(request, *args, **kwargs))
        except MailLinkInvalid:
            raise Http404 from None

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask on a page; nothing changes, since mail scanners follow links too."""
        kind = mail_token_read(token=token)
        return render(request, PAGE, {"kind": kind.label, "token": token, "asks": True, "is_wanted": self.is_wanted})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Switch, and say how to undo it."""
        kind = mail_token_use(token=token, is_wanted=self.is_wanted, now=timezone.now())
        return render(request, PAGE, {"kind": kind.label, "token": token, "asks": False, "is_wanted": self.is_wanted})
