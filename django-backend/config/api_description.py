"""The OpenAPI description and its page, as they are served."""

import hashlib
from functools import cache
from threading import Lock
from typing import Any, Final, NamedTuple, cast

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.renderers import JSONRenderer
from apps.common.throttling import ApiThrottle
from apps.common.views import StrictView

_BUILDING: Final = Lock()


class DocsThrottle(ApiThrottle):
    """The limits of `settings.DOCS_THROTTLES`: reading the documentation uses up none of the API's own limit."""

    rates_setting = "DOCS_THROTTLES"
    counted_as = "docs"


class _Built(NamedTuple):
    text: bytes
    etag: str


@cache
def _document() -> dict[str, Any]:
    return cast("dict[str, Any]", SchemaGenerator().get_schema(public=True))  # type: ignore[no-untyped-call]


@cache
def _rendered(renderer: type[BaseRenderer]) -> _Built:
    text = cast("bytes", renderer().render(_document(), renderer_context={}))
    return _Built(text, f'"{hashlib.blake2b(text, digest_size=16).hexdigest()}"')


def build(renderer: type[BaseRenderer]) -> _Built:
    """Return the description in one form.

    It follows from the code alone, so a process builds it once; requests that come meanwhile wait for it.
    """
    with _BUILDING:
        return _rendered(renderer)  # type: ignore[arg-type]  # a class can be hashed


class _Documentation(APIView):
    """Open to everybody, whoever asks; errors are JSON, whatever the form of the answer would have been."""

    authentication_classes = ()
    throttle_classes = (DocsThrottle,)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer as the rest of the API."""
        self.request.accepted_renderer, self.request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
        return super().handle_exception(exc)


class DescriptionView(_Documentation, StrictView, SpectacularAPIView):
    """The description as YAML or JSON, by `Accept` or `?format=`; a client that has it gets 304."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponseBase:
        """Return the description of this release."""
        built = build(type(request.accepted_renderer))
        form = request.accepted_renderer.media_type
        response = HttpResponse(built.text, content_type=form, headers={"ETag": built.etag})
        patch_cache_control(response, public=True, no_cache=True)
        patch_vary_headers(response, ["Accept"])
        return cast("HttpResponseBase", get_conditional_response(request._request, etag=built.etag, response=response))  # noqa: SLF001 - Django's own function wants Django's request


class DocsView(_Documentation, SpectacularSwaggerSplitView):
    """The page on which people read and try the API; links to it may carry parameters of a campaign."""

    metadata_class = None  # OPTIONS would be answered by the template of the page, which describes nothing
