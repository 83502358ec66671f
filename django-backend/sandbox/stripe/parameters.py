"""The parameters of each call, as API version 2026-10-28.endive has them.

Names that Stripe knows and the local Stripe does not model are listed too: they are refused with another error than a
misspelt one. A test holds both against the official SDK.
"""

from typing import Any, Final

from sandbox.stripe.forms import Given
from sandbox.stripe.kinds import Choice, Currency, Email, Fields, Flag, Integer, Kind, Many, Metadata, Text, Url

# The least total of a payment (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts), in minor units.
LEAST_TOTAL: Final = {
    "usd": 50, "eur": 50, "gbp": 30, "cad": 50, "aud": 50, "nzd": 50, "chf": 50, "sek": 300, "nok": 300, "dkk": 250,
    "mxn": 1_000, "jpy": 50,
}  # fmt: skip
MOST_TOTAL: Final = 99_999_999
_METHODS: Final = tuple(
    (
        "acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact billie bizum blik"
        " boleto card cashapp crypto customer_balance eps fpx giropay grabpay ideal kakao_pay klarna konbini kr_card link"
        " mb_way mobilepay multibanco naver_pay nz_bank_account oxxo p24 pay_by_bank payco paynow paypal paypay payto pix"
        " promptpay revolut_pay samsung_pay satispay scalapay sepa_debit sofort sunbit swish twint upi us_bank_account"
        " wechat_pay zip"
    ).split()
)
METHODS: Final = ("card", "us_bank_account")
EVENT_TYPES: Final = (
    "checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.created", "payment_intent.processing", "payment_intent.succeeded", "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.pending", "charge.succeeded", "charge.failed", "charge.refunded", "charge.updated",
    "refund.created", "refund.updated", "refund.failed", "charge.refund.updated",
    "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "radar.early_fraud_warning.created",
    "customer.created", "customer.updated",
    "transfer.created", "transfer.updated", "transfer.reversed",
)  # fmt: skip

_CURRENCY: Final = tuple(LEAST_TOTAL)
_EXPAND: Final = {"expand": Many(Text())}
_ADDRESS: Final = Fields(
    {name: Text(clearable=True) for name in ("city", "country", "line1", "line2", "postal_code", "state")},
    clearable=True,
)
_LOCALES: Final = tuple(
    (
        "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR"
        " ro ru sk sl sv th tr vi zh zh-HK zh-TW"
    ).split()
)


def _page(others: str = "", **filters: Kind) -> Fields:
    paging: dict[str, Kind] = {
        "limit": Integer(least=1, most=100),
        "starting_after": Text(),
        "ending_before": Text(),
        **filters,
    }
    return Fields(paging | _EXPAND, others)


class _Created(Kind):
    """A second, or bounds of seconds."""

    bounds: Fields = Fields({name: Integer() for name in ("gt", "gte", "lt", "lte")})

    def read(self, given: Given, name: str) -> Any:
        """Return a number or the bounds."""
        return Integer().read(given, name) if isinstance(given, str) else self.bounds.read(given, name)


NOTHING: Final = Fields(_EXPAND)
SESSION_CREATE: Final = Fields(
    {
        "adaptive_pricing": Fields({"enabled": Flag()}),
        "automatic_tax": Fields({"enabled": Flag(required=True, only=False)}, "liability"),
        "allow_promotion_codes": Flag(only=False),
        "billing_address_collection": Choice(values=("auto", "required"), only=("auto",)),
        "cancel_url": Url(),
        "client_reference_id": Text(most=200),
        "customer": Text(),
        "customer_creation": Choice(values=("always", "if_required")),
        "customer_email": Email(),
        "expires_at": Integer(),
        "invoice_creation": Fields({"enabled": Flag(required=True, only=False)}, "invoice_data"),
        "line_items": Many(
            Fields(
                {
                    "price_data": Fields(
                        {
                            "currency": Currency(required=True, known=_CURRENCY),
                            "product_data": Fields(
                                {
                                    "name": Text(required=True),
                                    "description": Text(),
                                    "images": Many(Url(), most=8),
                                    "metadata": Metadata(),
                                },
                                "tax_code tax_details unit_label",
                                required=True,
                            ),
                            "unit_amount": Integer(required=True, most=MOST_TOTAL),
                        },
                        "product recurring tax_behavior unit_amount_decimal",
                        required=True,
                    ),
                    "quantity": Integer(required=True, least=1, most=999_999),
                },
                "adjustable_quantity metadata price tax_rates",
            ),
            required=True,
        ),
        "locale": Choice(values=_LOCALES),
        "metadata": Metadata(),
        "mode": Choice(required=True, values=("payment", "setup", "subscription"), only=("payment",)),
        "payment_intent_data": Fields(
            {
                "capture_method": Choice(values=("automatic", "automatic_async", "manual"), only=("automatic_async",)),
                "description": Text(most=1_000),
                "metadata": Metadata(),
                "receipt_email": Email(),
                "statement_descriptor": Text(most=22),
                "statement_descriptor_suffix": Text(most=22),
                "transfer_group": Text(),
            },
            "application_fee_amount on_behalf_of setup_future_usage shipping transfer_data",
        ),
        "payment_method_types": Many(Choice(values=_METHODS, only=METHODS)),
        "phone_number_collection": Fields({"enabled": Flag(required=True, only=False)}),
        "submit_type": Choice(values=("auto", "book", "donate", "pay", "subscribe")),
        "success_url": Url(),
        "ui_mode": Choice(values=("hosted_page", "embedded_page", "elements", "form"), only=("hosted_page",)),
        **_EXPAND,
    },
    "after_expiration allowed_payment_method_types branding_settings consent_collection currency custom_fields custom_text"
    " customer_account customer_update discounts excluded_payment_method_types integration_identifier managed_payments"
    " name_collection optional_items origin_context payment_method_collection payment_method_configuration"
    " payment_method_data payment_method_options permissions redirect_on_completion return_url"
    " saved_payment_method_options setup_intent_data shipping_address_collection shipping_options subscription_data"
    " tax_id_collection wallet_options",
)
SESSION_LIST: Final = _page(
    "customer_account payment_link subscription",
    created=_Created(),
    customer=Text(),
    customer_details=Fields({"email": Email(required=True)}),
    payment_intent=Text(),
    status=Choice(values=("open", "complete", "expired")),
)
LIST: Final = _page()
_CUSTOMER: Final = {
    "address": _ADDRESS,
    "description": Text(clearable=True),
    "email": Email(clearable=True),
    "metadata": Metadata(),
    "name": Text(clearable=True, most=256),
    "phone": Text(clearable=True, most=20),
}
CUSTOMER_CREATE: Final = Fields(
    {**_CUSTOMER, **_EXPAND},
    "balance business_name cash_balance individual_name invoice_prefix invoice_settings next_invoice_sequence"
    " payment_method preferred_locales shipping source tax tax_exempt tax_id_data test_clock validate",
)
CUSTOMER_UPDATE: Final = Fields(
    {**_CUSTOMER, **_EXPAND},
    "balance business_name cash_balance default_source individual_name invoice_prefix invoice_settings"
    " next_invoice_sequence preferred_locales shipping source tax tax_exempt validate",
)
CUSTOMER_LIST: Final = _page("test_clock", created=_Created(), email=Email())
INTENT_LIST: Final = _page("customer_account", created=_Created(), customer=Text())
INTENT_CANCEL: Final = Fields(
    {
        "cancellation_reason": Choice(values=("duplicate", "fraudulent", "requested_by_customer", "abandoned")),
        **_EXPAND,
    }
)
CHARGE_LIST: Final = _page(created=_Created(), customer=Text(), payment_intent=Text(), transfer_group=Text())
REFUND_CREATE: Final = Fields(
    {
        "amount": Integer(least=1, most=MOST_TOTAL),
        "charge": Text(),
        "metadata": Metadata(),
        "payment_intent": Text(),
        "reason": Choice(values=("duplicate", "fraudulent", "requested_by_customer")),
        **_EXPAND,
    },
    "currency customer instructions_email origin refund_application_fee reverse_transfer",
)
METADATA_UPDATE: Final = Fields({"metadata": Metadata(), **_EXPAND})
REFUND_LIST: Final = _page(created=_Created(), charge=Text(), payment_intent=Text())
TRANSACTION_LIST: Final = _page("payout", created=_Created(), currency=Text(), source=Text(), type=Text())
# Texts; the other evidence is files, which have an API of their own.
EVIDENCE_TEXTS: Final = (
    "access_activity_log billing_address cancellation_policy_disclosure cancellation_rebuttal customer_email_address"
    " customer_name customer_purchase_ip duplicate_charge_explanation duplicate_charge_id product_description"
    " refund_policy_disclosure refund_refusal_explanation service_date shipping_address shipping_carrier shipping_date"
    " shipping_tracking_number uncategorized_text"
).split()
EVIDENCE_FILES: Final = (
    "cancellation_policy customer_communication customer_signature duplicate_charge_documentation receipt refund_policy"
    " service_documentation shipping_documentation uncategorized_file"
).split()
DISPUTE_UPDATE: Final = Fields(
    {
        "evidence": Fields(
            {name: Text(clearable=True, most=20_000) for name in EVIDENCE_TEXTS},
            f"{' '.join(EVIDENCE_FILES)} appeal enhanced_evidence",
        ),
        "metadata": Metadata(),
        "submit": Flag(),
        **_EXPAND,
    },
    "intended_submission_method",
)
DISPUTE_LIST: Final = _page(created=_Created(), charge=Text(), payment_intent=Text())
TRANSFER_CREATE: Final = Fields(
    {
        "amount": Integer(least=1, most=MOST_TOTAL),
        "currency": Currency(required=True, known=_CURRENCY),
        "description": Text(),
        "destination": Text(required=True),
        "metadata": Metadata(),
        "source_transaction": Text(),
        "transfer_group": Text(),
        **_EXPAND,
    },
    "source_type",
)
TRANSFER_LIST: Final = _page(created=_Created(), destination=Text(), transfer_group=Text())
REVERSAL_CREATE: Final = Fields(
    {"amount": Integer(least=1), "description": Text(), "metadata": Metadata(), **_EXPAND}, "refund_application_fee"
)
_EVENTS: Final = Choice(values=("*", *EVENT_TYPES))
ENDPOINT_CREATE: Final = Fields(
    {
        "api_version": Text(),
        "description": Text(clearable=True),
        "enabled_events": Many(_EVENTS, required=True),
        "metadata": Metadata(),
        "url": Url(required=True),
        **_EXPAND,
    },
    "connect",
)
ENDPOINT_UPDATE: Final = Fields(
    {
        "description": Text(clearable=True),
        "disabled": Flag(),
        "enabled_events": Many(_EVENTS),
        "metadata": Metadata(),
        "url": Url(),
        **_EXPAND,
    }
)
EVENT_LIST: Final = _page("delivery_success", created=_Created(), type=Text(), types=Many(Text(), most=20))
