"""Filters of the list of notices."""

import django_filters

from apps.common.filters import ChoiceFilter, YesNoFilter
from apps.notifications.enums import NoticeKind


class NoticeFilter(django_filters.FilterSet):
    """By kind, and read or unread."""

    kind = ChoiceFilter(choices=NoticeKind.choices)
    read = YesNoFilter(
        field_name="read_at",
        lookup_expr="isnull",
        exclude=True,
        help_text="`true` for read notices, `false` for unread ones.",
    )
