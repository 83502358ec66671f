"""Notices of the signed-in user."""

from typing import cast
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ConditionalReads
from apps.notifications.errors import NoticeNotFound
from apps.notifications.filters import NoticeFilter
from apps.notifications.models import Notice
from apps.notifications.selectors import notice_counts, notices_of
from apps.notifications.serializers.notices import NoticeCountsOutput, NoticeOutput, NoticesMarkedOutput
from apps.notifications.services.notices import notice_read, notices_read_all


@extend_schema(tags=["Notifications"])
@extend_schema_view(list=extend_schema(summary="Own notices, newest first"))
class NoticeViewSet(ConditionalReads, mixins.ListModelMixin, viewsets.GenericViewSet[Notice]):
    """What happened to one's season tickets, listings, sales and games. Notices are kept for 180 days."""

    queryset = Notice.objects.none()
    serializer_class = NoticeOutput
    filterset_class = NoticeFilter
    ordering = ("-id",)

    @property
    def user_id(self) -> UUID:
        """The id of the signed-in user; the permissions let nobody else through."""
        return cast("UUID", self.request.user.pk)

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
