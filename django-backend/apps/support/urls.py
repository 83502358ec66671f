"""Address of the contact form, below api/v1/."""

from django.urls import path

from apps.support.views import ContactView

urlpatterns = [path("contact-us/", ContactView.as_view(), name="contact-us")]
