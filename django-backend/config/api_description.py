"""The OpenAPI description and its page, as they are served."""

import hashlib
from functools import cache
from typing import Final, cast

import yaml
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.renderers import JSONRenderer
from apps.common.throttling import ApiThrottle
from apps.common.views import StrictView
from config.environment import PROJECT_DIR

# Written by `manage.py spectacular` and committed: the check `openapi` of lint.sh keeps it equal to the code.
DESCRIPTION: Final = PROJECT_DIR / "docs" / "openapi.yaml"


class DocsThrottle(ApiThrottle):
    """The limits of `settings.DOCS_THROTTLES`: reading the documentation uses up none of the API's own limit."""

    rates_setting = "DOCS_THROTTLES"
    counted_as = "docs"


@cache
def served(form: str) -> tuple[bytes, str]:
    """Return the description and its ETag: as "yaml", which is the file itself, or as "json", made of the file."""
    text = DESCRIPTION.read_bytes()
    if form == "json":
        text = OpenApiJsonRenderer().render(yaml.load(text, yaml.CSafeLoader), renderer_context={})
    return text, f'"{hashlib.blake2b(text, digest_size=16).hexdigest()}"'


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
        text, etag = served(request.accepted_renderer.format)
        response = HttpResponse(text, content_type=request.accepted_renderer.media_type, headers={"ETag": etag})
        patch_cache_control(response, public=True, no_cache=True)
        patch_vary_headers(response, ["Accept"])
        return cast("HttpResponseBase", get_conditional_response(request._request, etag=etag, response=response))  # noqa: SLF001 - Django's own function wants Django's request


class DocsView(_Documentation, SpectacularSwaggerSplitView):
    """The page on which people read and try the API; links to it may carry parameters of a campaign."""

    metadata_class = None  # OPTIONS would be answered by the template of the page, which describes nothing
