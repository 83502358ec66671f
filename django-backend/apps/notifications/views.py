"""Notices and mail preferences over HTTP."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ConditionalReads
from apps.common.views import StrictView
from apps.notifications.errors import MailLinkInvalid, NoticeNotFound
from apps.notifications.filters import NoticeFilter
from apps.notifications.models import Notice
from apps.notifications.selectors import mail_preferences_of, notice_counts, notices_of
from apps.notifications.serializers import MailPreferences, NoticeCountsOutput, NoticeOutput, NoticesMarkedOutput
from apps.notifications.services.mail_preferences import mail_preferences_update, mail_token_read, mail_token_use
from apps.notifications.services.notices import notice_read, notices_read_all

PAGE = "notifications/unsubscribe.html"


@extend_schema(tags=["Notifications"])
@extend_schema_view(list=extend_schema(summary="Own notices, newest first"))
class NoticeViewSet(ConditionalReads, mixins.ListModelMixin, viewsets.GenericViewSet[Notice]):
    """What happened to one's season tickets, listings, sales and games. Notices are kept for 180 days."""

    queryset = Notice.objects.none()
    serializer_class = NoticeOutput
    filterset_class = NoticeFilter
    ordering = ("-id",)

    def get_queryset(self) -> QuerySet[Notice]:
        return notices_of(user_id=self.user_id)

    @extend_schema(summary="How many are read and unread", responses=NoticeCountsOutput)
    @action(detail=False, filterset_class=None, pagination_class=None)
    def counts(self, request: Request) -> Response:
        """Count one's own notices."""
        return Response(NoticeCountsOutput(notice_counts(user_id=self.user_id)).data)

    @extend_schema(
        operation_id="notifications_read", summary="Mark a notice as read", request=None, responses=NoticeOutput
    )
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Answers with the notice. Repeating it changes nothing: the first time stays."""
        self.refuse_body()
        notice = notice_read(user_id=self.user_id, notice_id=_id(pk), now=timezone.now())
        return Response(NoticeOutput(notice).data)

    @extend_schema(
        operation_id="notifications_read_all",
        summary="Mark all notices as read",
        request=None,
        responses=NoticesMarkedOutput,
    )
    @action(detail=False, methods=["post"], url_path="read", filterset_class=None, pagination_class=None)
    def read_all(self, request: Request) -> Response:
        """Answers how many had not been read."""
        self.refuse_body()
        marked = notices_read_all(user_id=self.user_id, now=timezone.now())
        return Response(NoticesMarkedOutput({"marked": marked}).data)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NoticeNotFound from error


class MailPreferencesView(StrictView):
    """Which kinds of mail the signed-in user gets; mails about the account itself always come."""

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
