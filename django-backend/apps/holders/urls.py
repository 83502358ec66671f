"""Addresses of the signed-in person."""

from django.urls import path

from apps.holders import views

urlpatterns = [
    path("me/", views.ProfileView.as_view(), name="me"),
    path("me/holder/", views.TicketHolderView.as_view(), name="me-holder"),
]
