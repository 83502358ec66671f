"""Digital products: made, priced and switched off by staff."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_lists import column
from apps.common.money import cents_to_text
from apps.orders.forms import NewProductForm, ProductForm
from apps.orders.models import Product
from apps.orders.services.products import product_file_put


@admin.register(Product)
class ProductAdmin(SafeModelAdmin):
    """PDFs that buyers pay for and load. A price holds for carts from now on; orders keep theirs."""

    empty_note = "Add a product to sell a PDF beside the seats."
    list_display = ("name", "price", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)
    form = ProductForm
    fields = ("name", "price_cents", "is_active", "file")
    readonly_fields = ("price",)
    price = column("Price", lambda product: cents_to_text(product.price_cents), by="price_cents")

    def get_form(self, request: HttpRequest, obj: Product | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewProductForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        is_read = obj is not None and not self.has_change_permission(request, obj)
        return ("name", "price", "is_active") if is_read else self.fields

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if file := form.cleaned_data.get("file"):
            product_file_put(product_id=obj.id, content=file.read())

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """Products are switched off: who has bought one keeps it."""
        return False
