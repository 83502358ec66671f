"""Addresses of accounts: the API of allauth headless, and the pages for the same people."""

from typing import Final

from allauth.headless.constants import Client
from django.urls import URLPattern, URLResolver, include, path

from apps.users import views

API_PREFIX: Final = "api/v1/accounts/"
# Routed by allauth whatever the settings are; without a text message provider or codes by mail they could only fail.
# Its own copy of the API description is part of ours.
NOT_OFFERED: Final = (
    "app/v1/account/phone",
    "app/v1/auth/phone/verify",
    "app/v1/auth/phone/verify/resend",
    "app/v1/auth/email/verify/resend",
    "app/v1/auth/code/confirm",
    "openapi.yaml",
    "openapi.json",
)

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(f"{API_PREFIX}{route}", views.not_offered) for route in NOT_OFFERED),
    path(f"{API_PREFIX}app/v1/auth/signup", views.SignupAPIView.as_api_view(client=Client.APP)),
    path(f"{API_PREFIX}app/v1/account/password/change", views.ChangePasswordAPIView.as_api_view(client=Client.APP)),
    path(API_PREFIX, include("allauth.headless.urls")),
    path("accounts/", views.AccountHomeView.as_view(), name="account_home"),
    path("accounts/signup/", views.SignupPageView.as_view()),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/", include("allauth.account.urls")),
]
