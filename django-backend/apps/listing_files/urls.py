"""Addresses of listings as CSV, below api/v1/; they come before those of single listings."""

from django.urls import path

from apps.listing_files.views import ListingCsvTemplateView, ListingCsvView

urlpatterns = [
    path("listings/csv/", ListingCsvView.as_view(), name="listing-csv"),
    path("listings/csv/template/", ListingCsvTemplateView.as_view(), name="listing-csv-template"),
]
