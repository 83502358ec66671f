"""Invoices and credit notes with their PDF, and the mails to buyers: read-only."""

from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from apps.common.admin_access import ReadOnly, ReadOnlyInline
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_links import page_link
from apps.common.admin_lists import column
from apps.common.money import cents_to_text
from apps.orders.gateways.invoice_pdf import invoice_pdf
from apps.orders.models import Invoice, OrderMail


def _total(invoice: Invoice) -> str:
    return f"{cents_to_text(invoice.total_cents)} {invoice.currency}"


class OrderMailInline(ReadOnlyInline):
    """Mails to the buyer, for the page of an order."""

    model = OrderMail
    fields = ("kind", "state", "copy", "queued_at", "sent_at", "error")


class InvoiceInline(ReadOnlyInline):
    """Invoice and credit notes, for the page of an order."""

    model = Invoice
    fields = ("code", "kind", "total", "issued_at", "pdf")
    readonly_fields = ("code", "total", "pdf")
    total = column("Total", _total)
    pdf = column("PDF", lambda invoice: page_link("orders_invoice_pdf", "Open", key=invoice.pk))


@admin.register(Invoice)
class InvoiceAdmin(ReadOnly, SafeModelAdmin):
    """Invoices and credit notes, as they were issued."""

    empty_note = "No order has been paid. A worker issues an invoice for each paid order, a credit note for a refund."
    list_display = ("code", "kind", "order", "total", "issued_at", "pdf")
    list_select_related = ("order",)
    list_filter = ("kind",)
    search_fields = ("order__number", "=number")
    date_hierarchy = "issued_at"
    fields = ("code", "kind", "order", "corrects", "buyer_name", "buyer_email", "total", "issued_at", "pdf")
    readonly_fields = ("code", "buyer_name", "buyer_email", "total", "pdf")
    code = column("Number", lambda invoice: invoice.code, by="number")
    total = column(
        "Total", lambda invoice: f"{cents_to_text(invoice.total_cents)} {invoice.currency}", by="total_cents"
    )
    buyer_name = column("Buyer", lambda invoice: invoice.buyer["name"])
    buyer_email = column("E-mail", lambda invoice: invoice.buyer["email"])
    pdf = column("PDF", lambda invoice: page_link("orders_invoice_pdf", "Open", key=invoice.pk))

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the PDF."""
        view = self.admin_site.admin_view(self.pdf_view)
        return [path("<uuid:pk>/pdf/", view, name="orders_invoice_pdf"), *super().get_urls()]

    def pdf_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Return the PDF, to be shown or printed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        invoice = self.get_object(request, str(pk))
        if invoice is None:
            raise Http404
        headers = {"Content-Disposition": f'inline; filename="{invoice.code}.pdf"', "Cache-Control": "no-store"}
        return HttpResponse(invoice_pdf(invoice), content_type="application/pdf", headers=headers)
