"""Routes of notices and mail preferences, below api/v1/."""

from django.urls import URLPattern, path
from rest_framework.routers import SimpleRouter

from apps.notifications.views import MailPreferencesView, MailSwitchView, NoticeViewSet

router = SimpleRouter()
router.register("notifications", NoticeViewSet, basename="notice")

urlpatterns = [path("notifications/preferences/", MailPreferencesView.as_view(), name="mail_preferences"), *router.urls]

# Where links in mails lead, below mail/.
mail_pages: list[URLPattern] = [
    path("unsubscribe/<str:token>/", MailSwitchView.as_view(), name="mail_unsubscribe"),
    path("resubscribe/<str:token>/", MailSwitchView.as_view(is_wanted=True), name="mail_resubscribe"),
]
