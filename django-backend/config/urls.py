"""Every address of the product, in one place."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.notifications.urls import mail_pages

handler404 = "config.error_pages.not_found"
handler400 = "config.error_pages.unreadable"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("apps.monitoring.urls")),
    path("api/v1/", include("apps.catalog.urls")),
    path("", include("apps.users.urls")),
    path("api/v1/", include("apps.holders.urls")),
    path("api/v1/", include("apps.identities.urls")),
    path("api/v1/", include("apps.support.urls")),
    path("api/v1/", include("apps.listings.urls")),
    path("api/v1/", include("apps.orders.urls")),
    path("api/v1/", include("apps.payouts.urls")),
    path("api/v1/", include("apps.notifications.urls")),
    path("mail/", include(mail_pages)),
    path("api/slack/", include("apps.triage.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema", metadata_class=None), name="docs"),
]
if settings.ADMIN_ENABLED:
    urlpatterns.append(path(settings.ADMIN_URL, admin.site.urls))
