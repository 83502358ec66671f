"""Paths of payments, below /payment/."""

from django.urls import path

from apps.payments.views import WebhookView, canceled, completed

urlpatterns = [
    path("webhook/", WebhookView.as_view(), name="stripe_webhook"),
    path("completed/", completed, name="payment_completed"),
    path("canceled/", canceled, name="payment_canceled"),
]
