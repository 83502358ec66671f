"""Invoices and credit notes as PDF, by typst.

What people have typed reaches typst as data and never as source, so that nothing in it is taken for markup. The same
invoice gives the same bytes: its time is the only one in the file, and the only fonts are those in the wheel.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typst

from apps.common.money import cents_to_text
from apps.common.text import counted, seats_named
from apps.orders.models import Invoice

if TYPE_CHECKING:  # only its stubs have it
    from typst import PDFStandard

MAX_ROWS: Final = 200  # memory and time grow with the square of long tables
_SOURCE: Final = (Path(__file__).parent / "invoice.typ").read_bytes()
# Readable by machines and screen readers, and fit for archives. Both refuse characters that no font has.
_STANDARDS: Final[list["PDFStandard"]] = ["a-3a", "ua-1"]


def invoice_pdf(invoice: Invoice) -> bytes:
    """Return the PDF of an invoice, of which `order` is loaded.

    A name in a script that the fonts lack, such as Chinese, has empty boxes, and the file is of no standard.
    """
    try:
        return _compiled(invoice, _STANDARDS)
    except typst.TypstError:
        return _compiled(invoice, [])


def _compiled(invoice: Invoice, standards: list["PDFStandard"]) -> bytes:
    return typst.compile(
        _SOURCE,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"invoice": json.dumps(_data(invoice))},
        pdf_standards=standards,
        timestamp=int(invoice.issued_at.timestamp()),
    )


def _data(invoice: Invoice) -> dict[str, Any]:
    rows = [_row(line) for line in invoice.lines[:MAX_ROWS]]
    if rest := invoice.lines[MAX_ROWS:]:
        total = sum(line["total_cents"] for line in rest)
        rows.append([f"{counted(len(rest), 'further line')} of this order", "", "", "", "", cents_to_text(total)])
    corrected = invoice.corrects
    return {
        "kind": invoice.get_kind_display(),
        "code": invoice.code,
        "date": f"{invoice.issued_at:%B} {invoice.issued_at.day}, {invoice.issued_at.year}",
        "order": invoice.order.number,
        "corrects": f"{corrected.code} of {corrected.issued_at:%Y-%m-%d}" if corrected else "",
        "seller": invoice.seller,
        "buyer": [invoice.buyer["name"], invoice.buyer["email"]],
        "rows": rows,
        "sums": _sums(invoice),
    }


def _row(line: dict[str, Any]) -> list[str]:
    return [
        _what(line),
        str(line["quantity"] if "product" in line else len(line["seats"])),
        cents_to_text(line["price_cents"]),
        cents_to_text(line["fee_cents"]),
        cents_to_text(-line["discount_cents"]),
        cents_to_text(line["total_cents"]),
    ]


def _what(line: dict[str, Any]) -> str:
    if "product" in line:
        return str(line["product"])
    place = f"Section {line['section']}, row {line['row']}, {seats_named(line['seats'])}"
    start = line["start"][:1].upper() + line["start"][1:]
    return "\n".join([line["event"], start, line["venue"], place])


def _sums(invoice: Invoice) -> list[list[str]]:
    total = f"{cents_to_text(invoice.total_cents)} {invoice.currency}"
    if invoice.corrects:
        return [["Refunded", total]]
    has_products = any("product" in line for line in invoice.lines)
    parts = {
        "Prices" if has_products else "Tickets": invoice.subtotal_cents,
        "Fees": invoice.fee_cents,
        "Discount": -invoice.discount_cents,
    }
    return [*([name, cents_to_text(cents)] for name, cents in parts.items() if cents), ["Total paid", total]]
