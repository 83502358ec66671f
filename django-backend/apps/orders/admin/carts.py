"""Carts, read-only: only buyers change what they are about to buy."""

from django.contrib import admin

from apps.common.admin_access import ReadOnly, ReadOnlyInline
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_lists import column
from apps.common.money import cents_to_text
from apps.orders.models import Cart, CartLine


class CartLineInline(ReadOnlyInline):
    """What is in the cart, at the prices that the buyer has seen."""

    model = CartLine
    related = ("listing",)
    hide_title = True
    fields = ("listing", "quantity", "price")
    readonly_fields = ("price",)
    price = column("Price of a seat", lambda line: f"{cents_to_text(line.price_cents)} {line.listing.currency}")


@admin.register(Cart)
class CartAdmin(ReadOnly, SafeModelAdmin):
    """What users and visitors have in their carts; nothing of it is held."""

    empty_note = "Nobody has put seats into a cart. Buyers do it in the shop or by the API."
    list_display = ("__str__", "changed_at")
    list_select_related = ("user",)
    fields = ("user", "coupon_code", "changed_at")
    inlines = (CartLineInline,)
    search_fields = ("user__folded",)
    ordering = ("-changed_at",)
