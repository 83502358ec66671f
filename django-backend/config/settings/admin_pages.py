"""The admin's side bar: the daily work first, then what it rests on, machinery last."""

from typing import Any, Final

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# Pages as `app_model`, their titles and their icons (Material Symbols).
ADMIN_PAGES: Final = {
    "Consignment": (
        ("season_tickets_seasonticket", "Season tickets", "confirmation_number"),
        ("season_tickets_distinctplace", "Distinct places", "call_split"),
        ("listings_listing", "Listings", "sell"),
        ("listings_hold", "Holds", "timer"),
        ("orders_cart", "Carts", "shopping_cart"),
        ("orders_order", "Orders", "shopping_bag"),
        ("orders_sale", "Sales", "point_of_sale"),
        ("support_contactmessage", "Contact messages", "contact_support"),
    ),
    "Money": (
        ("payments_payment", "Payments", "payments"),
        ("orders_orderrefund", "Refunds", "currency_exchange"),
        ("orders_eventrefundrun", "Refund runs", "event_busy"),
        ("payments_moneyincident", "Money incidents", "report"),
        ("orders_coupon", "Coupons", "local_activity"),
        ("orders_product", "Digital products", "picture_as_pdf"),
        ("orders_invoice", "Invoices", "request_quote"),
        ("holders_commissionagreement", "Commission agreements", "handshake"),
        ("payouts_statement", "Statements", "receipt_long"),
        ("payouts_statementline", "Statement lines", "list_alt"),
    ),
    "Catalogue": (
        ("catalog_event", "Events", "event"),
        ("catalog_eventimport", "Event imports", "upload_file"),
        ("catalog_namereading", "Readings of names", "home"),
        ("catalog_feeddifference", "Feed differences", "compare_arrows"),
        ("catalog_season", "Seasons", "date_range"),
        ("catalog_team", "Teams", "groups"),
        ("catalog_venue", "Venues", "stadium"),
        ("catalog_league", "Leagues", "emoji_events"),
        ("orders_marketplace", "Marketplaces", "storefront"),
    ),
    "People": (
        ("holders_ticketholder", "Ticket holders", "badge"),
        ("users_user", "Users", "person"),
        ("account_emailaddress", "Email addresses", "alternate_email"),
        ("auth_group", "Groups", "group"),
        ("mfa_authenticator", "Authenticators", "key"),
    ),
    "Messages": (
        ("triage_triagemessage", "Triage messages", "forum"),
        ("triage_slackrequest", "Slack requests", "touch_app"),
        ("orders_ordermail", "Mails to buyers", "outgoing_mail"),
        ("notifications_notice", "Notices", "notifications"),
        ("notifications_mailoptout", "Mail opt-outs", "unsubscribe"),
        ("notifications_outboxmessage", "Outbox messages", "outbox"),
        ("reports_weeklyreport", "Weekly reports", "summarize"),
    ),
    "Operations": (
        ("payments_stripeevent", "Stripe events", "webhook"),
        ("monitoring_invariantresult", "Invariant results", "rule"),
        ("monitoring_heartbeat", "Heartbeats", "monitor_heart"),
        ("common_idempotencyrecord", "Idempotency records", "content_copy"),
    ),
}


def _item(page: str, title: str, icon: str) -> dict[str, Any]:
    app, model = page.rsplit("_", 1)

    def may_open(request: HttpRequest) -> bool:
        return any(request.user.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))

    link = reverse_lazy(f"admin:{page}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": may_open}


UNFOLD: Final = {
    "SITE_TITLE": "Season Tickets Tech",
    "SITE_HEADER": "Season Tickets Tech",
    "SITE_SUBHEADER": "All times are UTC",
    "SITE_SYMBOL": "confirmation_number",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("favicon.svg")}],
    "SIDEBAR": {
        "navigation": [
            {"title": title, "items": [_item(*page) for page in pages], "separator": position > 0}
            for position, (title, pages) in enumerate(ADMIN_PAGES.items())
        ]
    },
}
