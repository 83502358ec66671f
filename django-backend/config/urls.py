"""Every address of the product, in one place."""

import re

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from apps.notifications.urls import mail_pages
from apps.orders.urls import order_pages
from config.api_description import DescriptionView, DocsView
from config.pages import front_page, to_the_docs

handler400 = "config.pages.unreadable"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", front_page, name="front_page"),
    *(path(way_in, to_the_docs) for way_in in ("docs", "docs/", "api", "api/", "api/v1", "api/v1/")),
    path("", include("apps.monitoring.urls")),
    path("api/v1/", include("apps.catalog.urls")),
    path("", include("apps.users.urls")),
    path("api/v1/", include("apps.holders.urls")),
    path("api/v1/", include("apps.identities.urls")),
    path("api/v1/", include("apps.support.urls")),
    path("api/v1/", include("apps.listing_files.urls")),
    path("api/v1/", include("apps.season_tickets.urls")),
    path("api/v1/", include("apps.listings.urls")),
    path("api/v1/", include("apps.orders.urls")),
    path("api/v1/", include("apps.payouts.urls")),
    path("api/v1/", include("apps.notifications.urls")),
    path("mail/", include(mail_pages)),
    path("", include(order_pages)),
    path("payment/", include("apps.payments.urls")),
    path("api/slack/", include("apps.triage.urls")),
    path("api/schema/", DescriptionView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(url_name="schema"), name="docs"),
]
if settings.ADMIN_ENABLED:
    # Messages in Slack have links to these pages from when they were pages of `listings`.
    moved = rf"^{re.escape(settings.ADMIN_URL)}listings/(?P<page>(?:seasonticket|distinctplace)/.*)$"
    urlpatterns += [
        re_path(moved, RedirectView.as_view(url=f"/{settings.ADMIN_URL}season_tickets/%(page)s", query_string=True)),
        path(settings.ADMIN_URL, admin.site.urls),
    ]
