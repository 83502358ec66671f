"""Objects with every field that API version 2026-10-28.endive sends; a test holds them against the official SDK."""

from typing import Any, Final

from sandbox.stripe.cards import Card

Object = dict[str, Any]


def nulls(names: str) -> Object:
    """Return fields without a value."""
    return dict.fromkeys(names.split())


SESSION: Final = nulls(
    "after_expiration allow_promotion_codes allowed_payment_method_types excluded_payment_method_types"
    " billing_address_collection branding_settings client_secret collected_information consent consent_collection"
    " currency_conversion customer customer_account customer_details discounts integration_identifier invoice"
    " locale name_collection origin_context payment_intent payment_link payment_method_configuration_details"
    " permissions presentment_details recovered_from redirect_on_completion return_url"
    " saved_payment_method_options setup_intent shipping_address_collection shipping_cost submit_type subscription"
    " wallet_options client_reference_id cancel_url customer_email success_url"
) | {
    "custom_fields": [],
    "custom_text": nulls("after_submit shipping_address submit terms_of_service_acceptance"),
    "invoice_creation": {
        "enabled": False,
        "invoice_data": nulls("account_tax_ids custom_fields description footer issuer rendering_options")
        | {"metadata": {}},
    },
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "managed_payments": {"enabled": False},
    "optional_items": [],
    "payment_method_collection": "if_required",
    "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
    "phone_number_collection": {"enabled": False},
    "shipping_options": [],
    "tax_id_collection": {"enabled": False, "required": "never"},
}
INTENT: Final = nulls(
    "application application_fee_amount automatic_payment_methods canceled_at cancellation_reason customer"
    " customer_account description excluded_payment_method_types hooks last_payment_error latest_charge"
    " managed_payments next_action on_behalf_of payment_details payment_method"
    " payment_method_configuration_details presentment_details processing receipt_email review setup_future_usage"
    " shipping source statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
) | {
    "amount_capturable": 0,
    "amount_received": 0,
    "amount_details": {"tip": {}},
    "capture_method": "automatic_async",
    "confirmation_method": "automatic",
    "payment_method_options": {
        "card": nulls("installments mandate_options network") | {"request_three_d_secure": "automatic"}
    },
}  # fmt: skip
CHARGE: Final = nulls(
    "application application_fee application_fee_amount balance_transaction calculated_statement_descriptor"
    " customer description failure_balance_transaction failure_code failure_message on_behalf_of outcome"
    " payment_intent payment_method presentment_details receipt_email receipt_number receipt_url review shipping"
    " source source_transfer statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
) | {
    "amount_refunded": 0,
    "captured": True,
    "disputed": False,
    "fraud_details": {},
    "radar_options": {},
    "refunded": False,
}
REFUND: Final = nulls(
    "balance_transaction charge customer description payment_intent reason receipt_number source_transfer_reversal"
    " transfer_reversal"
)
CUSTOMER: Final = nulls(
    "address currency default_source description discount email name phone shipping test_clock"
) | {
    "balance": 0,
    "delinquent": False,
    "invoice_settings": nulls("custom_fields default_payment_method footer rendering_options"),
    "next_invoice_sequence": 1,
    "preferred_locales": [],
    "tax_exempt": "none",
}  # fmt: skip
NOT_SUBMITTED: Final = {
    "enhanced_eligibility": {},
    "has_evidence": False,
    "past_due": False,
    "submission_count": 0,
    "submission_method": "not_submitted",
}
TRANSFER: Final = nulls("balance_transaction description source_transaction transfer_group") | {
    "amount_reversed": 0,
    "reversed": False,
    "source_type": "card",
}
ENDPOINT: Final = nulls("api_version application description") | {"status": "enabled"}


def listing(url: str, data: list[Object], *, has_more: bool = False) -> Object:
    """Return a list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def details_of_buyer(email: str | None, name: str | None, country: str | None = "US") -> Object:
    """Return what Checkout collects about a buyer."""
    return nulls("business_name individual_name phone") | {
        "address": nulls("city line1 line2 postal_code state") | {"country": country},
        "email": email,
        "name": name,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def billing_details(details: Object) -> Object:
    """Return the billing details of a charge."""
    return {name: details[name] for name in ("address", "email", "name", "phone")} | {"tax_id": None}


def card_details(card: Card, number: str, amount: int) -> Object:
    """Return the payment method of a charge by card."""
    return {
        "type": "card",
        "card": nulls("authorization_code installments mandate network_token three_d_secure wallet moto")
        | {
            "amount_authorized": amount,
            "brand": card.brand,
            "checks": nulls("address_line1_check address_postal_code_check") | {"cvc_check": "pass"},
            "country": "US",
            "exp_month": 12,
            "exp_year": 2034,
            "extended_authorization": {"status": "disabled"},
            "fingerprint": f"local{number[-4:]}",
            "funding": "credit",
            "incremental_authorization": {"status": "unavailable"},
            "last4": number[-4:],
            "multicapture": {"status": "unavailable"},
            "network": card.brand,
            "network_transaction_id": None,
            "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
            "regulated_status": "unregulated",
        },
    }


def bank_details() -> Object:
    """Return the payment method of a charge by bank debit."""
    bank = {"account_holder_type": "individual", "account_type": "checking", "bank_name": "STRIPE TEST BANK"}
    bank |= {"fingerprint": "localbank", "last4": "6789", "routing_number": "110000000"}
    return {"type": "us_bank_account", "us_bank_account": bank | nulls("mandate payment_reference")}


def outcome(card: Card | None) -> Object:
    """Return what the network said about a charge."""
    if card is None or card.refusal is None:
        return nulls("advice_code network_advice_code network_decline_code reason") | {
            "network_status": "approved_by_network",
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return nulls("advice_code network_advice_code network_decline_code") | {
        "network_status": "declined_by_network",
        "reason": card.refusal.decline_code or card.refusal.code,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }
