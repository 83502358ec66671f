"""Links from listings and ticket holders to sales."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.decorators import action

from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_extensions import extends
from apps.common.admin_links import list_action
from apps.holders.models import TicketHolder
from apps.listings.models import Listing


@extends(Listing)
class ListingSales(SafeModelAdmin):
    """A link to the sales of a listing, and one to record another."""

    actions_detail = ("record_sale", "sales")
    sales = list_action("Sales", model="orders_sale", by="listing__id__exact", icon="receipt_long")

    @action(description="Record a sale", url_path="record-sale", permissions=["orders.add_sale"], icon="sell")
    def record_sale(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return redirect(f"{reverse('admin:orders_sale_add')}?listing={object_id}")


@extends(TicketHolder)
class HolderSales(SafeModelAdmin):
    """A link to the sales of a holder."""

    actions_detail = ("sales",)
    sales = list_action("Sales", model="orders_sale", by="holder__id__exact")
