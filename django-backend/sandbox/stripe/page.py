"""The pages: one for paying, and one that lists all objects."""

import re
from datetime import UTC, datetime
from html import escape
from typing import Final

from sandbox.stripe.account import Account
from sandbox.stripe.cards import CARDS
from sandbox.stripe.money import text
from sandbox.stripe.payments import Buyer
from sandbox.stripe.reading import balance
from sandbox.stripe.store import Object

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{title}</title>
  <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/app.css">
</head>
<body>
  <header><a class="brand" href="/">Local Stripe</a> <span>No money moves; only test cards work.</span></header>
  <main>{main}</main>
</body>
</html>
"""
_EXPIRY: Final = re.compile(r"(0[1-9]|1[0-2])\s*/\s*(\d{2})")
_CODE: Final = re.compile(r"\d{3,4}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_SHOWN: Final = 50
_TABLES: Final = (
    ("checkout.session", "Checkout Sessions", ("amount_total", "status", "payment_status")),
    ("charge", "Charges", ("amount", "status", "amount_refunded", "disputed")),
    ("refund", "Refunds", ("amount", "status", "charge")),
    ("dispute", "Disputes", ("amount", "status", "reason", "charge")),
    ("transfer", "Transfers", ("amount", "destination", "amount_reversed")),
    ("customer", "Customers", ("email", "name")),
    ("webhook_endpoint", "Webhook endpoints", ("url", "status")),
    ("event", "Events", ("type",)),
)


def page(title: str, main: str) -> str:
    """Return a whole page."""
    return _PAGE.format(title=escape(title), main=main)


def message_page(title: str, sentence: str, link: str | None = None) -> str:
    """Return a page with one sentence."""
    back = f'<p><a class="button" href="{escape(link)}">Back to the shop</a></p>' if link else ""
    return page(title, f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>{back}")


def entered(form: dict[str, str], session: Object) -> tuple[Buyer, dict[str, str]]:
    """Return what a buyer entered, and what is wrong with it by field."""
    number = re.sub(r"[\s-]", "", form.get("number", ""))
    method = form.get("method", session["payment_method_types"][0])
    email = session["customer_email"] or form.get("email", "").strip()
    buyer = Buyer(email=email, name=form.get("name", "").strip(), number=number, method=method)
    wrong = {}
    if not _EMAIL.fullmatch(email):
        wrong["email"] = "Enter your e-mail address."
    if not buyer.name:
        wrong["name"] = "Enter your full name."
    if method == "card" and session["amount_total"]:
        expiry = _EXPIRY.fullmatch(form.get("expiry", "").strip())
        today = datetime.now(UTC)
        if not number.isdecimal():
            wrong["number"] = "Your card number is incomplete."
        if not expiry or (2000 + int(expiry[2]), int(expiry[1])) < (today.year, today.month):
            wrong["expiry"] = "Enter a month and a year in the future, such as 12/34."
        if not _CODE.fullmatch(form.get("cvc", "").strip()):
            wrong["cvc"] = "Enter the three or four digits of the security code."
    return buyer, wrong


def pay_page(session: Object, form: dict[str, str], wrong: dict[str, str], declined: str | None = None) -> str:
    """Return the page on which a session is paid, with what was entered before except the card."""
    currency, total = session["currency"], text(session["amount_total"], session["currency"])
    rows = "".join(
        f"<tr><th scope=row>{escape(line['description'])}<br><small>{escape(line['_about'])}</small></th>"
        f"<td>{line['quantity']} × {text(line['price']['unit_amount'], currency)}</td>"
        f"<td>{text(line['amount_total'], currency)}</td></tr>"
        for line in session["_lines"]
    )
    problem = declined or ("Some fields need your attention." if wrong else "")
    alert = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    fixed = session["customer_email"]
    email = (
        f"<p>E-mail<br><strong>{escape(fixed)}</strong></p>"
        if fixed
        else _field("email", "E-mail", form, wrong, 'type="email" autocomplete="email"')
    )
    name = _field("name", "Full name", form, wrong, 'autocomplete="cc-name"')
    url = session["cancel_url"]
    back = f' <a class="button" href="{escape(url)}">Back</a>' if url else ""
    return page(
        f"Pay {total}",
        f"<h1>Pay {total}</h1><table><caption>Your order</caption>{rows}"
        f"<tr><th scope=row>Total</th><td></td><td><strong>{total}</strong></td></tr></table>{alert}"
        f'<form method="post">{email}{name}'
        f"{_method_fields(session, wrong)}<p><button>Pay {total}</button>"
        f"{back}</p></form>{_test_cards(session)}",
    )


def _method_fields(session: Object, wrong: dict[str, str]) -> str:
    if not session["amount_total"]:
        return ""
    methods, names = session["payment_method_types"], {"card": "Card", "us_bank_account": "Bank debit (takes days)"}
    choice = "".join(
        f'<label><input type="radio" name="method" value="{one}" required> {names[one]}</label>' for one in methods
    )
    chosen = f"<fieldset><legend>Pay by</legend>{choice}</fieldset>" if len(methods) > 1 else ""
    card = (
        _field("number", "Card number", {}, wrong, 'inputmode="numeric" autocomplete="cc-number"')
        + _field("expiry", "Expiry (MM/YY)", {}, wrong, 'autocomplete="cc-exp" placeholder="12/34"')
        + _field("cvc", "Security code", {}, wrong, 'inputmode="numeric" autocomplete="cc-csc"')
    )
    return chosen + (card if "card" in methods else "")


def _field(name: str, label: str, form: dict[str, str], wrong: dict[str, str], more: str) -> str:
    problem = wrong.get(name, "")
    invalid = f' aria-invalid="true" aria-describedby="{name}-problem"' if problem else ""
    said = f'<span class="problem" id="{name}-problem">{escape(problem)}</span>' if problem else ""
    value = escape(form.get(name, ""))
    entry = f'<input id="{name}" name="{name}" value="{value}" {more}{invalid}>'
    return f'<p><label for="{name}">{label}</label>{entry}{said}</p>'


def _test_cards(session: Object) -> str:
    if "card" not in session["payment_method_types"] or not session["amount_total"]:
        return ""
    rows = "".join(f"<li><code>{number}</code> {escape(card.about)}</li>" for number, card in CARDS.items())
    about = "<p>Use any future expiry date and any security code.</p>"
    return f"<details><summary>Test cards</summary>{about}<ul>{rows}</ul></details>"


def index_page(account: Account) -> str:
    """Return the list of everything, newest first."""
    found = balance(account)
    sums = ", ".join(
        f"{text(one['amount'], one['currency'])} {name}" for name in ("available", "pending") for one in found[name]
    )
    tables = "".join(_table(title, account.store.select(kind, limit=_SHOWN), names) for kind, title, names in _TABLES)
    return page("Local Stripe", f"<h1>Local Stripe</h1><p>Balance: {sums}</p>{tables}")


def _table(title: str, objects: list[Object], names: tuple[str, ...]) -> str:
    head = "".join(f"<th scope=col>{name.replace('_', ' ')}</th>" for name in names)
    rows = "".join(
        f"<tr><th scope=row>{_identity(one)}</th>{''.join(f'<td>{_cell(one, name)}</td>' for name in names)}</tr>"
        for one in objects
    )
    shown = f"<table><tr><th scope=col>id</th>{head}</tr>{rows}</table>" if rows else "<p>None yet.</p>"
    return f'<section tabindex="0" aria-label="{title}"><h2>{title}</h2>{shown}</section>'


def _identity(body: Object) -> str:
    short = escape(body["id"][:32])
    return (
        f'<a href="{escape(body["url"])}">{short}</a>'
        if body["object"] == "checkout.session" and body["url"]
        else short
    )


def _cell(body: Object, name: str) -> str:
    value = body[name]
    return text(value, body["currency"]) if name.startswith("amount") else escape(str(value))
