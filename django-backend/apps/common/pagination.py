"""Cursor pagination: stable under inserts and the same cost on page 1 and page 10,000."""

from rest_framework.pagination import CursorPagination


class StandardCursorPagination(CursorPagination):
    """Pages of 20 by default, at most 100 by `page_size`; a view sets `ordering`, which must end in a unique field."""

    page_size = 20
    max_page_size = 100
    page_size_query_param = "page_size"
    ordering = "-id"
