"""Paths of payments, below /payment/."""

from django.urls import path

from apps.payments.views import WebhookView

urlpatterns = [path("webhook/", WebhookView.as_view(), name="stripe_webhook")]
