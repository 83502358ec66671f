"""The parameters of each call in API version 2026-10-28.endive, in the form that `kinds` explains.

What Stripe knows and the local Stripe does not model is listed too: it gets another error than a misspelt name. A test
holds names and values against the official SDK.
"""

from typing import Final

from sandbox.stripe.kinds import Row, table

MOST_TOTAL: Final = 99_999_999
_EVENT_TYPES: Final = (
    "checkout.session.completed checkout.session.async_payment_succeeded checkout.session.async_payment_failed"
    " checkout.session.expired payment_intent.created payment_intent.processing payment_intent.succeeded"
    " payment_intent.payment_failed payment_intent.canceled charge.pending charge.succeeded charge.failed"
    " charge.refunded charge.updated refund.created refund.updated refund.failed charge.refund.updated"
    " charge.dispute.created charge.dispute.updated charge.dispute.closed charge.dispute.funds_withdrawn"
    " charge.dispute.funds_reinstated radar.early_fraud_warning.created customer.created customer.updated"
    " transfer.created transfer.reversed"
)
# Evidence in words; the other evidence is files, which have an API of their own.
_EVIDENCE_TEXTS: Final = (
    "access_activity_log billing_address cancellation_policy_disclosure cancellation_rebuttal"
    " customer_email_address customer_name customer_purchase_ip duplicate_charge_explanation duplicate_charge_id"
    " product_description refund_policy_disclosure refund_refusal_explanation service_date shipping_address"
    " shipping_carrier shipping_date shipping_tracking_number uncategorized_text"
)
_EVIDENCE_FILES: Final = (
    "cancellation_policy customer_communication customer_signature duplicate_charge_documentation receipt"
    " refund_policy service_documentation shipping_documentation uncategorized_file"
)
EVENT_TYPES, EVIDENCE_TEXTS, EVIDENCE_FILES = _EVENT_TYPES.split(), _EVIDENCE_TEXTS.split(), _EVIDENCE_FILES.split()
_METHODS: Final = (
    "card us_bank_account -acss_debit -affirm -afterpay_clearpay -alipay -alma -amazon_pay -au_becs_debit -bacs_debit"
    " -bancontact -billie -bizum -blik -boleto -cashapp -crypto -customer_balance -eps -fpx -giropay -grabpay -ideal"
    " -kakao_pay -klarna -konbini -kr_card -link -mb_way -mobilepay -multibanco -naver_pay -nz_bank_account -oxxo -p24"
    " -pay_by_bank -payco -paynow -paypal -paypay -payto -pix -promptpay -revolut_pay -samsung_pay -satispay -scalapay"
    " -sepa_debit -sequra -sofort -sunbit -swish -twint -upi -wechat_pay -zip"
)
_LOCALES: Final = (
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt"
    " pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW"
)


def _call(rows: str, unmodelled: str = "") -> Row:
    return table(f"{rows}\n expand list\n expand[] text", unmodelled)


def _page(rows: str = "", unmodelled: str = "") -> Row:
    return _call(f"{rows}\n limit integer:1:100\n starting_after text\n ending_before text", unmodelled)


NOTHING: Final = _call("")
SESSION_CREATE: Final = _call(
    f"""
    allowed_payment_method_types                            list
    allowed_payment_method_types[]                          choice {_METHODS}
    adaptive_pricing[enabled]                               flag
    automatic_tax                                           object -liability
    automatic_tax[enabled]                                  flag ! -true
    allow_promotion_codes                                   flag -true
    billing_address_collection                              choice auto -required
    cancel_url                                              url
    client_reference_id                                     text:200
    customer                                                text
    customer_creation                                       choice always if_required
    customer_email                                          email
    expires_at                                              integer
    invoice_creation                                        object -invoice_data
    invoice_creation[enabled]                               flag ! -true
    line_items                                              list:100 !
    line_items[]                                            object -adjustable_quantity -metadata -price -tax_rates
    line_items[][price_data]                    object ! -product -recurring -tax_behavior -unit_amount_decimal
    line_items[][price_data][currency]                      currency !
    line_items[][price_data][product_data]                  object ! -tax_code -tax_details -unit_label
    line_items[][price_data][product_data][name]            text !
    line_items[][price_data][product_data][description]     text
    line_items[][price_data][product_data][images]          list:8
    line_items[][price_data][product_data][images][]        url
    line_items[][price_data][product_data][metadata]        metadata
    line_items[][price_data][unit_amount]                   integer:0:{MOST_TOTAL} !
    line_items[][quantity]                                  integer:1:999999 !
    locale                                                  choice {_LOCALES}
    metadata                                                metadata ?
    mode                                                    choice ! payment -setup -subscription
    payment_intent_data     object -application_fee_amount -on_behalf_of -setup_future_usage -shipping -transfer_data
    payment_intent_data[capture_method]                     choice automatic_async -automatic -manual
    payment_intent_data[description]                        text:1000
    payment_intent_data[metadata]                           metadata
    payment_intent_data[receipt_email]                      email
    payment_intent_data[statement_descriptor]               text:22
    payment_intent_data[statement_descriptor_suffix]        text:22
    payment_intent_data[transfer_group]                     text
    phone_number_collection[enabled]                        flag ! -true
    submit_type                                             choice auto book donate pay -subscribe
    success_url                                             url !
    ui_mode                                                 choice hosted_page -embedded_page -elements -form
    """,
    "after_expiration branding_settings consent_collection currency custom_fields custom_text"
    " customer_account customer_update discounts excluded_payment_method_types integration_identifier managed_payments"
    " name_collection optional_items origin_context payment_method_collection payment_method_configuration"
    " payment_method_data payment_method_options permissions redirect_on_completion return_url"
    " saved_payment_method_options setup_intent_data shipping_address_collection shipping_options subscription_data"
    " tax_id_collection wallet_options",
)
SESSION_LIST: Final = _page(
    """
    created                 time
    customer                text
    customer_details[email] email !
    payment_intent          text
    status                  choice open complete expired
    """,
    "customer_account payment_link subscription",
)
LIST: Final = _page()
_CUSTOMER: Final = """
    address                 object ?
    address[city]           text ?
    address[country]        text ?
    address[line1]          text ?
    address[line2]          text ?
    address[postal_code]    text ?
    address[state]          text ?
    description             text ?
    email                   email ?
    metadata                metadata ?
    name                    text:256 ?
    phone                   text:20 ?
    """
_CUSTOMER_MORE: Final = (
    "balance business_name cash_balance individual_name invoice_prefix invoice_settings next_invoice_sequence"
    " preferred_locales shipping source tax tax_exempt validate "
)
CUSTOMER_CREATE: Final = _call(_CUSTOMER, f"{_CUSTOMER_MORE} payment_method tax_id_data test_clock")
CUSTOMER_UPDATE: Final = _call(_CUSTOMER, f"{_CUSTOMER_MORE} default_source")
CUSTOMER_LIST: Final = _page("created time\n email email", "test_clock")
INTENT_LIST: Final = _page("created time\n customer text", "customer_account")
INTENT_CREATE: Final = _call(
    f"""
    allowed_payment_method_types    list
    allowed_payment_method_types[]  text
    amount                          integer:1:{MOST_TOTAL} !
    confirm                         flag
    currency                        currency !
    customer                        text
    description                     text:1000
    metadata                        metadata
    payment_method                  text
    receipt_email                   email
    """,
    "amount_details application_fee_amount automatic_payment_methods capture_method confirmation_method"
    " confirmation_token customer_account error_on_requires_action excluded_payment_method_types hooks mandate"
    " mandate_data off_session on_behalf_of payment_details payment_method_configuration payment_method_data"
    " payment_method_options radar_options return_url setup_future_usage shipping statement_descriptor"
    " statement_descriptor_suffix transfer_data transfer_group use_stripe_sdk",
)
INTENT_CANCEL: Final = _call("cancellation_reason choice duplicate fraudulent requested_by_customer abandoned")
CHARGE_LIST: Final = _page("created time\n customer text\n payment_intent text\n transfer_group text")
REFUND_CREATE: Final = _call(
    f"""
    amount          integer:1:{MOST_TOTAL}
    charge          text
    metadata        metadata ?
    payment_intent  text
    reason          choice duplicate fraudulent requested_by_customer
    """,
    "currency customer instructions_email origin refund_application_fee reverse_transfer",
)
METADATA_UPDATE: Final = _call("metadata metadata ?")
REFUND_LIST: Final = _page("created time\n charge text\n payment_intent text")
TRANSACTION_LIST: Final = _page("created time\n currency text\n source text\n type text", "payout")
DISPUTE_UPDATE: Final = _call(
    f"evidence object {' '.join(f'-{name}' for name in (*EVIDENCE_FILES, 'appeal', 'enhanced_evidence'))}\n"
    + "\n".join(f"evidence[{name}] text:20000 ?" for name in EVIDENCE_TEXTS)
    + "\n metadata metadata ?\n submit flag",
    "intended_submission_method",
)
DISPUTE_LIST: Final = REFUND_LIST
TRANSFER_CREATE: Final = _call(
    f"""
    amount              integer:1:{MOST_TOTAL}
    currency            currency !
    description         text
    destination         text !
    metadata            metadata ?
    source_transaction  text
    transfer_group      text
    """,
    "source_type",
)
TRANSFER_LIST: Final = _page("created time\n destination text\n transfer_group text")
REVERSAL_CREATE: Final = _call("amount integer:1\n description text\n metadata metadata ?", "refund_application_fee")
_ENDPOINT: Final = f"""
    description         text ?
    enabled_events[]    choice * {" ".join(EVENT_TYPES)}
    metadata            metadata ?
    """
ENDPOINT_CREATE: Final = _call(_ENDPOINT + "enabled_events list !\n api_version text\n url url !", "connect")
ENDPOINT_UPDATE: Final = _call(_ENDPOINT + "enabled_events list\n disabled flag\n url url")
EVENT_LIST: Final = _page("created time\n type text\n types list:20\n types[] text", "delivery_success")
