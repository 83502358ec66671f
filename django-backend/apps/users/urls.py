"""Addresses of accounts: the API of allauth headless, and the pages for the same people."""

from collections.abc import Iterable, Iterator
from typing import Final

from allauth.headless.base.views import APIView
from allauth.headless.constants import Client
from django.urls import URLPattern, URLResolver, include, path

from apps.users.views import account_views, pages
from apps.users.views.account_api import account_api

API_PREFIX: Final = "api/v1/accounts/"
# Allauth routes these whatever the settings are; without text messages or codes by mail they could only fail.
NOT_OFFERED: Final = (
    "app/v1/account/phone",
    "app/v1/auth/phone/verify",
    "app/v1/auth/phone/verify/resend",
    "app/v1/auth/email/verify/resend",
    "app/v1/auth/code/confirm",
)
OURS: Final[dict[str, type[APIView]]] = {
    "auth/session": account_views.SessionAPIView,
    "auth/signup": account_views.SignupAPIView,
    "auth/email/verify": account_views.VerifyEmailAPIView,
    "auth/password/reset": account_views.ResetPasswordAPIView,
    "account/password/change": account_views.ChangePasswordAPIView,
}

_api: list[URLPattern | URLResolver] = [
    *(path(route, account_views.not_offered) for route in NOT_OFFERED),
    *(path(f"app/v1/{route}", view.as_api_view(client=Client.APP)) for route, view in OURS.items()),
    path("", include("allauth.headless.urls")),
]


def _with_slash(patterns: Iterable[URLPattern | URLResolver], prefix: str = "") -> Iterator[URLPattern]:
    """Yield allauth's addresses with the slash at the end that all other addresses of the API have."""
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _with_slash(pattern.url_patterns, route)
        else:
            yield path(f"{route}/", pattern.callback)


urlpatterns: list[URLPattern | URLResolver] = [
    path(API_PREFIX, include(list(account_api([*_api, *_with_slash(_api)])))),
    path("accounts/", pages.AccountHomeView.as_view(), name="account_home"),
    path("accounts/signup/", pages.SignupPageView.as_view()),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/", include("allauth.account.urls")),
]
