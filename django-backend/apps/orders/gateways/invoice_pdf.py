"""Invoices and credit notes as PDF, by typst.

What people have typed reaches typst as data and never as source, so that nothing in it is taken for markup. The same
invoice gives the same bytes: its time is the only one in the file, and the only fonts are those in the wheel.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import typst

from apps.common.money import cents_to_text
from apps.common.text import counted, seats_named
from apps.orders.models import Invoice

if TYPE_CHECKING:  # only its stubs have it
    from typst import PDFStandard

MAX_ROWS: Final = 200  # memory and time grow with the square of long tables
_TICKETS: Final = ["Tickets", "Seats"]
_ITEMS: Final = ["Tickets and products", "Number"]
_CHARGED: Final = ["Price", "Fee", "Discount", "Total"]
_CREDITED: Final = ["Refunded"]
_LONG_WORD: Final = re.compile(r"\S{30}(?=\S)")
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
    corrected = invoice.corrects
    data = {
        "kind": invoice.get_kind_display(),
        "code": invoice.code,
        "date": f"{invoice.issued_at:%B} {invoice.issued_at.day}, {invoice.issued_at.year}",
        "order": invoice.order.number,
        "corrects": f"{corrected.code} of {corrected.issued_at:%Y-%m-%d}" if corrected else "",
        "seller": invoice.seller,
        "buyer": [line for line in (invoice.buyer["name"], invoice.buyer["email"]) if line],
        "columns": [*(_ITEMS if _has_products(invoice) else _TICKETS), *(_CREDITED if corrected else _CHARGED)],
        "rows": _rows(invoice, _credit_cells if corrected else _cells),
        "note": "" if corrected else f"Price and fee are those of one seat{' or product' * _has_products(invoice)}.",
        "sums": _sums(invoice),
    }
    return cast("dict[str, Any]", _breakable(data))


def _rows(invoice: Invoice, cells: Callable[[dict[str, Any]], list[str]]) -> list[list[str]]:
    rows = [[_what(line), str(_number(line)), *cells(line)] for line in invoice.lines[:MAX_ROWS]]
    if rest := invoice.lines[MAX_ROWS:]:
        total = cents_to_text(sum(line["total_cents"] for line in rest))
        blank = [""] * (len(rows[0]) - 2)
        rows.append([f"{counted(len(rest), 'further line')} of this order", *blank, total])
    return rows


def _number(line: dict[str, Any]) -> int:
    return int(line["quantity"]) if "product" in line else len(line["seats"])


def _what(line: dict[str, Any]) -> str:
    if "product" in line:
        return str(line["product"])
    seats = f"Section {line['section']}, row {line['row']}, {seats_named(line['seats'])}"
    return "\n".join([line["event"], line["start"][:1].upper() + line["start"][1:], line["venue"], seats])


def _cells(line: dict[str, Any]) -> list[str]:
    cents = (line["price_cents"], line["fee_cents"], -line["discount_cents"], line["total_cents"])
    return [cents_to_text(one) for one in cents]


def _credit_cells(line: dict[str, Any]) -> list[str]:
    return [cents_to_text(line["total_cents"])]


def _has_products(invoice: Invoice) -> bool:
    return any("product" in line for line in invoice.lines)


def _sums(invoice: Invoice) -> list[list[str]]:
    total = [
        "Refunded" if invoice.corrects else "Total paid",
        f"{cents_to_text(invoice.total_cents)} {invoice.currency}",
    ]
    prices = "Prices" if _has_products(invoice) else "Tickets"
    parts = {prices: invoice.subtotal_cents, "Fees": invoice.fee_cents, "Discount": -invoice.discount_cents}
    return [*([name, cents_to_text(cents)] for name, cents in parts.items() if cents), total]


def _breakable(data: object) -> object:
    """Let words be broken that would run over the edge of the page, in all text of `data`."""
    if isinstance(data, str):
        return _LONG_WORD.sub("\\g<0>\u200b", data)
    if isinstance(data, Mapping):
        return {name: _breakable(part) for name, part in data.items()}
    return [_breakable(part) for part in data] if isinstance(data, list) else data
