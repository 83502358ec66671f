"""Answers 400 when an admin page cannot read what was sent."""

import logging
from typing import Final

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import InvalidPage
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin
from django.views.defaults import bad_request

logger = logging.getLogger(__name__)

_OF_WHAT_WAS_SENT: Final = (ValidationError, IncorrectLookupParameters, InvalidPage, OverflowError)


class AdminRefusalsMiddleware(MiddlewareMixin):
    """Refuses ids, filters, pages and dates that no link and no form of the admin sends.

    Django and its extensions look up related rows, filter exports and read dates without checking that the text is an
    id, a filter or a date. Without this, each would be a 500.
    """

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 400, or None when the error is another one; the log keeps where it came from."""
        match = request.resolver_match
        if match is None or "admin" not in match.app_names or not isinstance(error, _OF_WHAT_WAS_SENT):
            return None
        logger.warning("A page of the admin could not read what was sent.", exc_info=error)
        return bad_request(request, BadRequest())
