"""Invoices and credit notes: numbered without gaps, frozen, and the same PDF each time."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from apps.common.ids import uuid7
from apps.common.testing.local_stripe import LocalStripe
from apps.common.testing.races import while_uncommitted
from apps.common.testing.threads import at_once
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.orders.gateways.invoice_pdf import MAX_ROWS, _data, invoice_pdf
from apps.orders.models import Coupon, Invoice, Order
from apps.orders.services import invoices
from apps.orders.services.invoices import invoice_credit, invoice_issue
from apps.orders.services.settlement import order_settle
from apps.orders.testing.stories import cart_of, ordered, pay, place
from apps.users.testing.stories import staff_browser

NOW = datetime(2040, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def sold(listing: Listing | None = None, quantity: int = 2) -> Order:
    """Return an order that a coupon has paid at once; its outbox is not delivered."""
    now = timezone.now()
    Coupon.objects.get_or_create(
        code="FREE", defaults={"percent_bps": 10_000, "valid_from": now - DAY, "valid_until": now + DAY}
    )
    cart = cart_of((listing or on_sale(), quantity), coupon="FREE")
    return Order.objects.get(id=place(cart, total_cents=0).id)


def begun(order: Order) -> Invoice | None:
    """Issue an invoice as a worker does that has not committed yet."""
    return invoices._invoice(order.id, NOW)


def issued(**more: Any) -> Invoice:
    """Return an invoice of 200.00 that is not stored."""
    line = {
        "event": "Dallas *Cowboys* at #panic()", "start": "sunday, September 9, 2040", "venue": "Lincoln Field",
        "section": "101", "row": "A", "seats": ["1", "2"], "price_cents": 10_000, "fee_cents": 0,
        "discount_cents": 0, "total_cents": 20_000,
    }  # fmt: skip
    values = {
        "order": Order(number="ABC234XYZ"), "kind": "invoice", "number": 1, "seller": ["House"], "lines": [line],
        "buyer": {"name": "Ana $x$ _de_ la Cruz", "email": "ana@example.com"}, "currency": "USD",
        "subtotal_cents": 20_000, "fee_cents": 0, "discount_cents": 0, "total_cents": 20_000, "issued_at": NOW,
    }  # fmt: skip
    return Invoice(**{**values, **more})


class TestPdf:
    def test_is_the_same_each_time_tagged_and_of_both_standards(self) -> None:
        """S4-27."""
        pdf = invoice_pdf(issued())
        assert pdf == invoice_pdf(issued())
        assert pdf != invoice_pdf(issued(number=2))
        assert pdf.startswith(b"%PDF")
        for fact in (b"/MarkInfo<</Marked true", b"pdfuaid:part>1<", b"pdfaid:part>3<", b"Invoice INV-000001"):
            assert fact in pdf

    def test_takes_any_text_for_text(self) -> None:
        """Markup and code of typst in names would fail, or show something else."""
        name = '#panic("x") \\ $ [ ] #{ // /* @a <b> = Total -- ``` " ' + "x" * 100
        assert invoice_pdf(issued(buyer={"name": name, "email": "a@b.example"})).startswith(b"%PDF")

    def test_is_there_for_names_that_no_font_has(self) -> None:
        pdf = invoice_pdf(issued(buyer={"name": "李雷 🎟", "email": "a@b.example"}))
        assert pdf.startswith(b"%PDF")
        assert b"pdfuaid" not in pdf

    def test_keeps_both_standards_for_scripts_that_the_fonts_have(self) -> None:
        pdf = invoice_pdf(issued(buyer={"name": "Łukasz Иванов Ελένη Ñandú محمد", "email": "a@b.example"}))
        assert b"pdfuaid:part>1<" in pdf

    def test_breaks_words_that_would_leave_the_page(self) -> None:
        """Without these marks a name of 200 letters runs over the edge."""
        shown = _data(issued(buyer={"name": "Ana " + "x" * 70, "email": "a@b.example"}))
        assert shown["buyer"] == ["Ana " + "\u200b".join(["x" * 30, "x" * 30, "x" * 10]), "a@b.example"]

    def test_has_an_end_for_any_number_of_lines(self) -> None:
        line = issued().lines[0]
        pdf = invoice_pdf(issued(lines=[line] * (MAX_ROWS + 800)))
        assert len(pdf) < 2 * len(invoice_pdf(issued(lines=[line] * MAX_ROWS)))


@pytest.mark.django_db
class TestIssuing:
    def test_freezes_what_was_bought_once(self, settings: Any) -> None:
        settings.INVOICE_SELLER = ["House", "1 Main Street"]
        order = sold()
        invoice = invoice_issue(order_id=order.id, now=NOW)
        assert invoice
        assert invoice == invoice_issue(order_id=order.id, now=NOW + DAY)
        assert (invoice.code, invoice.issued_at, invoice.seller) == ("INV-000001", NOW, ["House", "1 Main Street"])
        assert invoice.buyer == {"name": "Ana de la Cruz", "email": "ana.delacruz@example.com"}
        assert (invoice.subtotal_cents, invoice.discount_cents, invoice.total_cents) == (20_000, 20_000, 0)
        (line,) = invoice.lines
        assert (line["seats"], line["price_cents"], line["total_cents"]) == (["1", "2"], 10_000, 0)
        assert line["event"] == order.lines.get().event.label
        settings.INVOICE_SELLER = ["Another"]
        Order.objects.filter(id=order.id).update(name="Bo", email="bo@example.com")
        again = invoice_issue(order_id=order.id, now=NOW)
        assert again
        assert (again.buyer, again.seller) == (invoice.buyer, invoice.seller)
        for change in (lambda: Invoice.objects.update(total_cents=1), lambda: Invoice.objects.all().delete()):
            with pytest.raises(DatabaseError, match=r"Cannot (update|delete)"), transaction.atomic():
                change()

    def test_needs_a_sale(self) -> None:
        order = sold()
        Order.objects.filter(id=order.id).update(ended_at=NOW, end_reason="The seats were gone.")
        assert invoice_issue(order_id=order.id, now=NOW) is None
        assert invoice_credit(order_id=order.id, reference=uuid7(), amount_cents=100, now=NOW) is None

    def test_that_fails_leaves_no_gap(self) -> None:
        first, second = sold(), sold()
        with suppress(ZeroDivisionError), transaction.atomic():
            invoices._invoice(first.id, NOW)
            raise ZeroDivisionError
        invoice = invoice_issue(order_id=second.id, now=NOW)
        assert invoice
        assert invoice.number == 1


@pytest.mark.django_db
class TestCrediting:
    def test_corrects_the_invoice_within_its_total(self) -> None:
        order = sold()
        reference = uuid7()
        stored = issued(order=order, reference=order.id)
        stored.save()
        note = invoice_credit(order_id=order.id, reference=reference, amount_cents=15_000, now=NOW)
        assert note
        assert (note.code, note.corrects, note.total_cents, note.buyer) == ("CN-000001", stored, 15_000, stored.buyer)
        assert note == invoice_credit(order_id=order.id, reference=reference, amount_cents=15_000, now=NOW)
        rest = invoice_credit(order_id=order.id, reference=uuid7(), amount_cents=5_001, now=NOW)
        assert rest
        assert (rest.number, rest.total_cents) == (2, 5_000)
        assert invoice_credit(order_id=order.id, reference=uuid7(), amount_cents=1, now=NOW) is None
        assert b"Credit note CN-000001" in invoice_pdf(note)

    def test_issues_the_invoice_first(self, local_stripe: LocalStripe) -> None:
        """The refund is faster than the worker that issues the invoice."""
        order = ordered(on_sale())
        pay(local_stripe, order)
        order_settle(order_id=order.id, paid_cents=20_000, now=timezone.now())
        note = invoice_credit(order_id=order.id, reference=uuid7(), amount_cents=100, now=NOW)
        assert note
        assert note.corrects
        assert (note.code, note.corrects.code) == ("CN-000001", "INV-000001")


@pytest.mark.django_db(transaction=True)
class TestNumbersAtOnce:
    def test_have_no_gaps_and_no_repetition(self) -> None:
        listing = on_sale()
        orders = [sold(listing, 1).id for _ in range(4)]
        made = at_once(*(lambda order_id=order_id: self.issue(order_id) for order_id in orders * 2))
        assert not [one for one in made if isinstance(one, Exception)]
        assert sorted(Invoice.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
        assert made[:4] == made[4:]

    def test_are_those_after_what_the_one_before_has_committed(self) -> None:
        first, second = sold(), sold()
        assert while_uncommitted(lambda: begun(first), lambda: self.issue(second.id)) == ["INV-000002"]

    def test_would_be_given_twice_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The twin: both read the same last number, and the index refuses one of them."""
        monkeypatch.setattr(invoices, "invoices_alone", lambda: None)
        first, second = sold(), sold()
        (refused,) = while_uncommitted(lambda: begun(first), lambda: self.issue(second.id))
        assert isinstance(refused, IntegrityError)

    def test_of_credit_notes_within_the_total(self) -> None:
        """Two of three fit, and have the numbers one and two."""
        order = sold()
        issued(order=order, reference=order.id).save()
        credit = {"order_id": order.id, "amount_cents": 10_000, "now": NOW}
        made = at_once(*(lambda: invoice_credit(**credit, reference=uuid7()) for _ in range(3)))
        assert sorted(one.code if isinstance(one, Invoice) else str(one) for one in made) == [
            "CN-000001", "CN-000002", "None",
        ]  # fmt: skip

    def issue(self, order_id: UUID) -> str:
        invoice = invoice_issue(order_id=order_id, now=NOW)
        assert invoice
        return invoice.code


@pytest.mark.django_db
class TestAdmin:
    URL = "/admin/orders/invoice/"

    def test_shows_invoices_with_their_pdf_to_whoever_may_view_them(self) -> None:
        """S4-28: a printable invoice."""
        invoice = invoice_issue(order_id=sold().id, now=NOW)
        assert invoice
        page = staff_browser("view_invoice").get(self.URL).content.decode()
        assert invoice.code in page
        address = f"{self.URL}{invoice.id}/pdf/"
        assert address in page
        browser = staff_browser("view_invoice")
        answer = browser.get(address)
        assert (answer["Content-Type"], answer.content[:4]) == ("application/pdf", b"%PDF")
        assert browser.get(f"{self.URL}{invoice.id}/change/").status_code == 200
        assert browser.get(f"{self.URL}{uuid7()}/pdf/").status_code == 404
        assert staff_browser("view_cart").get(address).status_code == 403

    def test_is_linked_from_the_order_for_who_may_view_invoices(self) -> None:
        order = sold()
        invoice = invoice_issue(order_id=order.id, now=NOW)
        assert invoice
        page, link = f"/admin/orders/order/{order.id}/change/", f"{self.URL}{invoice.id}/pdf/"
        assert link in staff_browser("view_order", "view_invoice").get(page).content.decode()
        assert "/pdf/" not in staff_browser("view_order").get(page).content.decode()
        assert staff_browser("view_order").get(link).status_code == 403
