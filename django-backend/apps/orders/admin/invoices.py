"""Invoices and credit notes with their PDF, and the mails to buyers: read-only; failed mails can be sent again."""

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from apps.common.admin_access import ReadOnly, ReadOnlyInline
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_links import page_link
from apps.common.admin_lists import column
from apps.common.errors import DomainError
from apps.common.money import cents_to_text
from apps.common.text import counted
from apps.orders.gateways.invoice_pdf import invoice_pdf
from apps.orders.models import Invoice, OrderMail
from apps.orders.services.order_mails import order_mail_retry


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
    total = column("Total", _total, by="total_cents")
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


@admin.register(OrderMail)
class OrderMailAdmin(ReadOnly, SafeModelAdmin):
    """Mails to buyers, and what became of them."""

    empty_note = "No order has been paid or has ended. Workers write a mail for each, and about what happens to it."
    list_display = ("queued_at", "order", "kind", "copy", "state", "sent_at", "error")
    list_filter = ("state", "kind")
    list_select_related = ("order",)
    search_fields = ("order__number",)
    date_hierarchy = "queued_at"
    fields = ("order", "kind", "copy", "state", "queued_at", "sent_at", "error")
    actions = ("send_again",)

    @admin.action(description="Send again what failed", permissions=["decide"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OrderMail]) -> None:
        """Have the chosen mails sent, to the address that each order has now."""
        sent = 0
        for mail in queryset.select_related("order").order_by("id"):
            try:
                order_mail_retry(mail_id=mail.id, now=timezone.now())
            except DomainError as refusal:
                self.message_user(request, f"{mail}: {refusal}", messages.ERROR)
            else:
                self.log_change(request, mail, "Sent again.")
                sent += 1
        if sent:
            self.message_user(request, f"{counted(sent, 'mail')} will be sent now.", messages.SUCCESS)
