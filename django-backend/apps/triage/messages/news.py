"""Messages that need no decision: sales, void sales, events, dead messages, what waits too long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from django.conf import settings
from slack_sdk.models.blocks import Block

from apps.catalog.models import FeedDifference
from apps.common.slack_blocks import (
    Words,
    actions,
    bare,
    context,
    cut,
    escaped,
    fields,
    fitting,
    header,
    link,
    sections,
    time_text,
    words,
)
from apps.common.text import counted
from apps.triage.enums import TriageKind
from apps.triage.rules.listings import money_text

MAX_LINES: Final = 30
# Characters of a message for its lines; the rest of the message fits in what is left.
MAX_LINES_TEXT: Final = 6_000
MAX_NOTE: Final = 1_000


@dataclass(frozen=True)
class ShownSale:
    """One seat that was sold; amounts in cents."""

    event: str
    start: str
    place: str
    marketplace: str
    invoice: str
    price_cents: int
    payout_cents: int
    commission_cents: int
    currency: str
    void_reason: str
    returned: bool


@dataclass(frozen=True)
class EventShown:
    """A change of an event that touches open sales; `sold_cents` is what buyers paid."""

    event: str
    what: str
    before: str
    after: str
    note: str
    by: str
    sales: int
    holders: int
    sold_cents: int
    currency: str
    admin_url: str


@dataclass(frozen=True)
class Waiting:
    """How many of a kind wait for a decision, of one holder and team, and since when (UTC)."""

    what: str
    holder: str
    team: str
    count: int
    since: datetime


def sales_words(*, kind: TriageKind, holder: str, sales: Sequence[ShownSale], admin_url: str) -> Words:
    """Return the message about seats of one holder that were sold, or whose sales are void; there is at least one."""
    currency, void = sales[0].currency, kind is TriageKind.VOID
    title = f"{counted(len(sales), 'sale')} void" if void else f"{counted(len(sales), 'seat')} sold"
    values = {
        "Holder": escaped(holder),
        "Price": money_text(sum(sale.price_cents for sale in sales), currency),
        "Payout": money_text(sum(sale.payout_cents for sale in sales), currency),
        "Commission": money_text(sum(sale.commission_cents for sale in sales), currency),
    }
    blocks: list[Block] = [header(f"{settings.TRIAGE_EMOJIS[kind.value]} {title}"), fields(values)]
    blocks += sections(_lines([_sale_line(sale) for sale in sales], "sale"))
    blocks += actions([link("Sales in the admin", admin_url)] if admin_url else [])
    return words(f"{title}: {escaped(sales[0].event)}, {escaped(holder)}", blocks)


def event_words(shown: EventShown) -> Words:
    """Return the message about an event that was postponed, cancelled or moved elsewhere while seats are sold."""
    title = f"{shown.what}: {bare(shown.event)}"
    values = {
        "Before": escaped(shown.before),
        "Now": escaped(shown.after),
        "Open sales": f"{counted(shown.sales, 'seat')}, {money_text(shown.sold_cents, shown.currency)}",
        "Holders": str(shown.holders),
    }
    by = f" · by {escaped(shown.by)}" if shown.by else ""
    blocks = [
        header(f"{settings.TRIAGE_EMOJIS['event']} {title}"),
        fields(values),
        context(f"{cut(escaped(shown.note), MAX_NOTE)}{by}"),
        *actions([link("Sales in the admin", shown.admin_url)] if shown.admin_url else []),
    ]
    return words(escaped(title), blocks)


def feed_words(*, season: str, differences: Sequence[FeedDifference], admin_url: str) -> Words:
    """Return the message about events on which a file of the feed and staff disagree; there is at least one."""
    title = f"{season}: {counted(len(differences), 'difference')} between the feed and us"
    lines = [
        f"• *{escaped(row.event.label)}* · {escaped(row.get_fact_display())}\n"
        f"The feed: {escaped(row.feed_says)} · we: {escaped(row.we_had)}"
        for row in differences
    ]
    blocks = [
        header(f"{settings.TRIAGE_EMOJIS['event']} {bare(title)}"),
        *sections(_lines(lines, "difference")),
        context("Nothing has changed for these events; ours stays until somebody decides."),
        *actions([link("Decide in the admin", admin_url)] if admin_url else []),
    ]
    return words(escaped(title), blocks)


def dead_words(*, topics: Mapping[str, int], errors: Sequence[str], admin_url: str) -> Words:
    """Return the message about messages of the outbox that were given up, by topic, with the kinds of failure."""
    total = sum(topics.values())
    title = f"{counted(total, 'message')} given up"
    lines = [f"• {escaped(topic)}: {count}" for topic, count in sorted(topics.items())]
    lines += ["`" + escape(error, quote=False).replace("`", "'") + "`" for error in errors]
    blocks = [
        header(f"{settings.TRIAGE_EMOJIS['dead']} {title}"),
        *sections(_lines(lines, "line")),
        context("They are kept. Fix the cause, then use “Retry now” in the admin."),
        *actions([link("Outbox in the admin", admin_url)] if admin_url else []),
    ]
    return words(title, blocks)


def digest_words(*, waiting: Sequence[Waiting], hours: int, admin_url: str) -> Words:
    """Return the digest of what has waited longer than `hours` for a decision, the longest first."""
    total = sum(row.count for row in waiting)
    title = f"{counted(total, 'decision')} overdue"
    blocks = [
        header(f"{settings.TRIAGE_EMOJIS['digest']} {title}"),
        *sections(waiting_lines(waiting)),
        context(f"Each has waited for more than {counted(hours, 'hour')}."),
        *actions([link("Open the admin", admin_url)] if admin_url else []),
    ]
    return words(title, blocks)


def pending_words(*, title: str, waiting: Sequence[Waiting], admin_url: str) -> Words:
    """Return the answer to a slash command: what waits for a decision, the longest first."""
    blocks = [
        header(bare(title)),
        *(sections(waiting_lines(waiting)) if waiting else [context("Nothing waits for a decision.")]),
        *actions([link("Open the admin", admin_url)] if admin_url else []),
    ]
    return words(escaped(title), blocks)


def waiting_lines(waiting: Sequence[Waiting]) -> list[str]:
    """Return a line for each, with what is left out counted."""
    lines = [
        f"• *{counted(row.count, row.what)}* · {escaped(row.holder)} · {escaped(row.team)} · "
        f"since {time_text(row.since)}"
        for row in waiting
    ]
    return _lines(lines, "line")


def _sale_line(sale: ShownSale) -> str:
    end = (
        f" · {'back on sale' if sale.returned else 'withdrawn'}: {escaped(sale.void_reason)}"
        if sale.void_reason
        else ""
    )
    return (
        f"*{escaped(sale.event)}* · {escaped(sale.start)}\n{escaped(sale.place)} · {escaped(sale.marketplace)} "
        f"{escaped(sale.invoice)} · {money_text(sale.price_cents, sale.currency)} → "
        f"{money_text(sale.payout_cents, sale.currency)}{end}"
    )


def _lines(lines: Sequence[str], noun: str) -> list[str]:
    shown = fitting(lines[:MAX_LINES], MAX_LINES_TEXT)
    rest = len(lines) - len(shown)
    return [*shown, *([f"_and {counted(rest, f'more {noun}')}_"] if rest > 0 else [])]
