"""Filters of the list of notices."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from apps.common.filters import ChoiceFilter, YesNoFilter
from apps.notifications.enums import NoticeKind


class NoticeFilter(django_filters.FilterSet):
    """By kind, and read or unread."""

    kind = ChoiceFilter(choices=NoticeKind.choices)
    read = YesNoFilter(method="filter_read", help_text="`true` for read notices, `false` for unread ones.")

    def filter_read(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return queryset.filter(read_at__isnull=not value)
