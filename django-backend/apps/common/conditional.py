"""Answers that a client does not have to load again."""

import hashlib
from http import HTTPStatus
from typing import Any, cast

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.views import StrictView


class ConditionalReads(StrictView):
    """Answers `GET` with an ETag over the body, and 304 without a body when the client has that one already.

    This saves the transfer and the client's work, not our queries: what a user may see can change without any row
    changing. Intermediate caches must not keep the answers, which are personal. Those of a view that `is_public` are
    the same for everybody: caches may keep them, and ask each time whether they are still current.
    """

    is_public = False
    reads_replica = True

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Prepare the ETag, which needs the rendered body."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if request.method in {"GET", "HEAD"} and final.status_code == HTTPStatus.OK and isinstance(final, Response):
            patch_cache_control(final, no_cache=True, **{"public" if self.is_public else "private": True})
            if not self.is_public:
                patch_vary_headers(final, ["Authorization", "Cookie"])
            final.add_post_render_callback(lambda rendered: _conditional(request, rendered))
        return final


class ConditionalViewSet(ConditionalReads, viewsets.GenericViewSet[Any]):
    """Rows of one table; the selector behind `get_queryset` says whose."""

    @property
    def user(self) -> Any:
        """The signed-in user; the permissions let nobody else through."""
        return self.request.user


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ConditionalViewSet):
    """A list, newest first, and its single rows."""

    ordering: tuple[str, ...] = ("-id",)


def _conditional(request: Request, response: HttpResponse) -> HttpResponseBase | None:
    etag = f'"{hashlib.blake2b(response.content, digest_size=16).hexdigest()}"'
    response.headers["ETag"] = etag
    return cast("HttpResponseBase | None", get_conditional_response(request._request, etag=etag, response=response))  # noqa: SLF001 - Django's own function wants Django's request
