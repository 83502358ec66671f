"""The pages of listings with the way to their sales, which listings alone know nothing of."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.decorators import action

from apps.listings.admin.listings import ListingAdmin as PlainListingAdmin
from apps.listings.models import Listing

admin.site.unregister(Listing)


@admin.register(Listing)
class ListingAdmin(PlainListingAdmin):
    """Listings, with a link to their sales and one to record another."""

    actions_detail = ("record_sale", "sales")

    def has_record_sale_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who may add sales."""
        return request.user.has_perm("orders.add_sale")

    def has_sales_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who may view sales."""
        return request.user.has_perm("orders.view_sale")

    @action(description="Record a sale", url_path="record-sale", permissions=["record_sale"], icon="sell")
    def record_sale(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Go to the form, filled in for this listing."""
        return redirect(f"{reverse('admin:orders_sale_add')}?listing={object_id}")

    @action(description="Sales", url_path="sales", permissions=["sales"], icon="receipt_long")
    def sales(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Go to the sales of this listing."""
        return redirect(f"{reverse('admin:orders_sale_changelist')}?listing__id__exact={object_id}")
